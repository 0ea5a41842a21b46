// One step of a hub's platform that is built on the official connector: reads the producer's
// catalogue, then posts its order, or puts it anew, and says what it understood of the answers.
// It is told which server and token, what the hub's customers want in all, and the order.
import fs from "node:fs";
import { CatalogItem, Connector, Order } from "@datafoodconsortium/connector";

const BUILT_IN =
  "https://www.datafoodconsortium.org/wp-content/plugins/wordpress-context-jsonld/context_1.16.0.jsonld";

const vocabulary = fs.readFileSync(new URL("vocabulary.json", import.meta.url), "utf8");

async function connect() {
  const connector = new Connector();
  await connector.loadVocabulary(vocabulary);
  return connector;
}

// It has one address of the context built in; all others it would fetch.
async function understand(connector, document) {
  return connector.import(JSON.stringify({ ...document, "@context": BUILT_IN }));
}

async function ask(token, method, address, body) {
  const headers = { Authorization: `JWT ${token}`, "Content-Type": "application/json" };
  const response = await fetch(address, { method, headers, body });
  return { status: response.status, document: await response.json() };
}

export default async function buy(said) {
  const catalogue = await ask(said.token, "GET", said.products);
  const things = await understand(await connect(), catalogue.document);
  const items = things.filter((each) => each instanceof CatalogItem);
  const item = items.find((each) => each.getSku() === said.sku);
  const product = await item.getOfferedProduct();
  const [theirs] = await item.getOfferers();

  const connector = await connect();
  const orders = said.products.replace("/SuppliedProducts", "/Orders");
  const place = said.order ?? orders;
  const session = connector.createSaleSession({
    semanticId: `${orders}/session`, beginDate: said.begin, endDate: said.end,
  });
  const wanted = connector.createSuppliedProduct({ semanticId: product.getSemanticId() });
  const offer = connector.createOffer({ semanticId: theirs.getSemanticId(), offeredItem: wanted });
  const line = connector.createOrderLine({
    semanticId: `${place}/OrderLines/1`, quantity: said.quantity, offer,
  });
  const order = connector.createOrder({
    semanticId: place,
    saleSession: session,
    lines: [line],
    orderStatus: connector.VOCABULARY.STATES.ORDERSTATE[said.status],
  });
  const body = await connector.export([order, line, offer, wanted, session]);
  const answer = await ask(said.token, said.order ? "PUT" : "POST", place, body);

  const shown = { status: answer.status, stock: Number(item.getStockLimitation()) };
  if (answer.status < 300) {
    const made = (await understand(await connect(), answer.document)).find(
      (each) => each instanceof Order,
    );
    shown.order = made.getSemanticId();
    shown.state = (await made.getOrderStatus()).getSemanticId();
    shown.fulfilment = (await made.getFulfilmentStatus()).getSemanticId();
    shown.quantity = Number((await made.getLines())[0].getQuantity());
  } else {
    shown.problem = answer.document;
  }
  return shown;
}
