// Writes an order, one of its lines, a sales session, a catalogue item and an offer with the
// official connector: the documents by what they are about.
import fs from "node:fs";
import { Connector } from "@datafoodconsortium/connector";

const beside = (name) => fs.readFileSync(new URL(name, import.meta.url), "utf8");

export default async function write(said) {
  const connector = new Connector();
  await connector.loadVocabulary(beside("vocabulary.json"));
  await connector.loadMeasures(beside("measures.json"));
  const { ORDERSTATE, FULFILMENTSTATE, PAYMENTSTATE } = connector.VOCABULARY.STATES;
  const { EURO } = connector.MEASURES.UNIT.CURRENCYUNIT;

  const client = connector.createEnterprise({ semanticId: said.client });
  const session = connector.createSaleSession({
    semanticId: said.session, beginDate: said.begin, endDate: said.end,
  });
  const products = [];
  const offers = [];
  const items = [];
  const lines = said.lines.map((each) => {
    const price = () => connector.createPrice({ value: each.price, vatRate: each.vat, unit: EURO });
    const product = connector.createSuppliedProduct({
      semanticId: each.product, name: each.name, description: "<p>Loose</p>",
    });
    const offer = connector.createOffer({
      semanticId: each.offer, offeredItem: product, price: price(), stockLimitation: each.stock,
    });
    const item = connector.createCatalogItem({
      semanticId: each.item, product, sku: each.sku, stockLimitation: each.stock, offers: [offer],
    });
    products.push(product);
    offers.push(offer);
    items.push(item);
    return connector.createOrderLine({
      semanticId: each.line, quantity: each.quantity, price: price(), offer,
    });
  });
  const order = connector.createOrder({
    semanticId: said.order,
    number: "1001",
    date: said.begin,
    saleSession: session,
    client,
    lines,
    orderStatus: ORDERSTATE[said.status],
    fulfilmentStatus: FULFILMENTSTATE[said.fulfilment],
    paymentStatus: PAYMENTSTATE.UNPAID,
  });

  const written = {
    order: await connector.export([order, ...lines, ...offers, ...products, session]),
    alone: await connector.export([order]),
    session: await connector.export([session]),
  };
  if (lines.length > 0) {
    written.line = await connector.export([lines[0]]);
    written.item = await connector.export([items[0]]);
    written.offer = await connector.export([offers[0]]);
  }
  return written;
}
