// A marketplace's platform on graphql-request: it orders, ships a part, and cancels the rest. It is
// told the address and key of a server, and which variants to order.
import { GraphQLClient, ClientError, gql } from "graphql-request";

const CREATE = gql`
  mutation Create($input: OrderCreateMutationInput!) {
    orderCreate(input: $input) {
      status
      errors { field messages }
      order {
        id
        status
        totalCents
        invoices(first: 10) {
          nodes {
            id
            legacyId
            statusFlags
            seller { businessName }
            lineItems { id quantity pricingModel statusFull }
          }
        }
      }
    }
  }
`;
const CARRIERS = gql`
  query Carriers {
    shipmentCarriers(first: 50) { nodes { id name } }
  }
`;
const SHIP = gql`
  mutation Ship($input: ShipmentCreateMutationInput!) {
    shipmentCreate(input: $input) {
      status
      errors { field messages }
      shipment {
        id
        trackingNumber
        invoice { id statusFlags lineItems { id quantityAwaitingDispatch } }
      }
    }
  }
`;
const REQUEST = gql`
  mutation Request($input: RefundRequestCreateMutationInput!) {
    refundRequestCreate(input: $input) {
      errors { field messages }
      refundRequest { id status lineItems { quantity dispatched } }
    }
  }
`;
const RETURN = gql`
  mutation Return($input: RefundRequestReturnMutationInput!) {
    refundRequestReturn(input: $input) {
      errors { field messages }
      refundRequest { id status }
    }
  }
`;
const REFUND = gql`
  mutation Refund($input: RefundRequestRefundMutationInput!) {
    refundRequestRefund(input: $input) {
      errors { field messages }
      refundRequest { id status }
    }
  }
`;
const INVOICE = gql`
  query Invoice($id: ID!) {
    node(id: $id) {
      ... on Invoice { statusFlags lineItems { quantityAwaitingDispatch statusFull } }
    }
  }
`;
const ORDER = gql`
  query Order($id: ID!) {
    order(orderId: $id) { id }
  }
`;

export default async function trade(said) {
  const client = new GraphQLClient(said.url, {
    headers: { "marketplacer-api-key": said.key, authorization: "Basic c2l0ZTpzaXRl" },
  });

  const { orderCreate } = await client.request(CREATE, {
    input: {
      order: {
        firstName: "Trisha",
        surname: "Connors",
        emailAddress: "trisha@example.com",
        address: {
          address: "34 Casino Road",
          city: "Melbourne",
          postcode: "3000",
          state: { name: "Victoria" },
          country: { code: "AU" },
        },
      },
      lineItems: said.variants.map((variantId) => ({ variantId, quantity: 2, cost: { amount: 2000 } })),
    },
  });
  if (!orderCreate.order) throw new Error(JSON.stringify(orderCreate.errors));
  const invoice = orderCreate.order.invoices.nodes[0];
  const [line] = invoice.lineItems;

  const { shipmentCarriers } = await client.request(CARRIERS);
  const { shipmentCreate } = await client.request(SHIP, {
    input: {
      invoiceId: invoice.id,
      postageCarrierId: shipmentCarriers.nodes[0].id,
      trackingNumber: "3STRACK",
      dispatchedAt: new Date().toISOString(),
      shippedItems: { lineItemId: line.id, quantity: 1 },
    },
  });

  const { refundRequestCreate } = await client.request(REQUEST, {
    input: {
      invoiceId: invoice.id,
      lineItems: [{ lineItemId: line.id, quantity: 1, dispatched: false, reason: "Changed their mind" }],
      notes: [{ note: "Asked by telephone" }],
    },
  });
  const refundRequestId = refundRequestCreate.refundRequest.id;
  const skipped = await client.request(REFUND, { input: { refundRequestId, notes: [] } });
  const { refundRequestReturn } = await client.request(RETURN, { input: { refundRequestId, notes: [] } });
  const { refundRequestRefund } = await client.request(REFUND, { input: { refundRequestId, notes: [] } });
  const { node } = await client.request(INVOICE, { id: invoice.id });

  let unknown = null;
  try {
    await client.request(ORDER, { id: "T3JkZXItMQ==" });
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    unknown = { status: error.response.status, message: error.response.errors[0].message };
  }

  return {
    orderCreate,
    shipmentCreate,
    refundRequestCreate,
    skipped: skipped.refundRequestRefund,
    refundRequestReturn,
    refundRequestRefund,
    node,
    unknown,
  };
}
