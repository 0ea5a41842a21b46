// Reads documents with the official connector, offline: a list of what it understood of each.
import fs from "node:fs";
import {
  CatalogItem, Connector, Enterprise, Offer, Order, OrderLine, PlannedConsumptionFlow,
  PlannedProductionFlow, SaleSession, SuppliedProduct,
} from "@datafoodconsortium/connector";

// The only address of the context that is built into the connector; all others it would fetch.
const BUILT_IN =
  "https://www.datafoodconsortium.org/wp-content/plugins/wordpress-context-jsonld/context_1.16.0.jsonld";

const idOf = (thing) => thing?.getSemanticId() ?? null;

// An absent number reads as NaN, and a missing price throws.
const number = (value) => (value === undefined || Number.isNaN(value) ? null : value);

function priceOf(thing) {
  let price;
  try {
    price = thing.getPrice();
  } catch {
    return null;
  }
  const unit = price.getSemanticProperty("dfc-b:hasUnit");
  return price && {
    value: number(price.getQuantityValue()), vat: number(price.getVatRate()), unit: unit ?? null,
  };
}

function measureOf(thing) {
  const measure = thing.getQuantity();
  return {
    value: number(measure.getQuantityValue()), unit: measure.getSemanticProperty("dfc-b:hasUnit"),
  };
}

async function lineOf(line) {
  const offer = await line.getOffer();
  return {
    id: idOf(line),
    quantity: number(line.getQuantity()),
    order: idOf(await line.getOrder()),
    offer: idOf(offer),
    product: idOf(await offer.getOfferedItem()),
    price: priceOf(line),
  };
}

const readers = [
  [Order, "orders", async (order) => ({
    id: idOf(order),
    number: order.getNumber() ?? null,
    date: order.getDate() ?? null,
    status: idOf(await order.getOrderStatus()),
    fulfilment: idOf(await order.getFulfilmentStatus()),
    payment: idOf(await order.getPaymentStatus()),
    client: idOf(await order.getClient()),
    seller: idOf(await order.getSoldBy()),
    session: idOf(await order.getSaleSession()),
    lines: await Promise.all((await order.getLines()).map(lineOf)),
  })],
  [OrderLine, "lines", lineOf],
  [SaleSession, "sessions", async (session) => ({
    id: idOf(session), begin: session.getBeginDate() ?? null, end: session.getEndDate() ?? null,
  })],
  [SuppliedProduct, "products", async (product) => ({
    id: idOf(product),
    name: product.getName() ?? null,
    items: (await product.getCatalogItems()).map(idOf),
    measure: product.getSemanticProperty("dfc-b:hasQuantity") ? measureOf(product) : null,
  })],
  [CatalogItem, "items", async (item) => ({
    id: idOf(item),
    product: idOf(await item.getOfferedProduct()),
    sku: item.getSku() ?? null,
    stock: number(item.getStockLimitation()),
    offers: (await item.getOfferers()).map(idOf),
    catalogues: (await item.getCatalogs()).map(idOf),
  })],
  [Offer, "offers", async (offer) => ({
    id: idOf(offer),
    product: idOf(await offer.getOfferedItem()),
    stock: number(offer.getStockLimitation()),
    price: priceOf(offer),
  })],
  [Enterprise, "enterprises", async (enterprise) => ({
    id: idOf(enterprise), name: enterprise.getName() ?? null,
  })],
  [PlannedConsumptionFlow, "takes", async (flow) => ({
    id: idOf(flow), product: idOf(await flow.getConsumedProduct()), measure: measureOf(flow),
  })],
  [PlannedProductionFlow, "makes", async (flow) => ({
    id: idOf(flow), product: idOf(await flow.getProducedProduct()), measure: measureOf(flow),
  })],
];

async function factsOf(document, vocabulary) {
  const connector = new Connector();
  await connector.loadVocabulary(vocabulary);
  connector.setDefaultFetchFunction(async (id) => {
    throw new Error(`the connector asked the network for ${id}`);
  });
  const text = JSON.stringify({ ...document, "@context": BUILT_IN });
  const things = await connector.import(text);
  const facts = { count: things.length };
  for (const [type, name, read] of readers) {
    const found = things.filter((thing) => thing instanceof type);
    facts[name] = await Promise.all(found.map(read));
  }
  return facts;
}

export default async function read(documents) {
  const vocabulary = fs.readFileSync(new URL("vocabulary.json", import.meta.url), "utf8");
  const facts = [];
  for (const document of documents) facts.push(await factsOf(document, vocabulary));
  return facts;
}
