"""Deciding about orders: commands and facts in, decisions or refusals out. Pure."""

from entrepot.orders.model.acts import cancel_order, prioritise_order, return_goods, ship_order
from entrepot.orders.model.batch import BatchDecided, decide_batch_purely
from entrepot.orders.model.checks import check_reference
from entrepot.orders.model.commands import (
    ActOnOrder,
    AdjustStock,
    CancelOrder,
    ChangeOrder,
    Command,
    CountStock,
    HouseKeeping,
    LineQuantity,
    PlaceDraft,
    PlaceOrder,
    PrioritiseOrder,
    ReceiveStock,
    RecheckWaiting,
    RecordPayment,
    ReturnGoods,
    ShipOrder,
    StockLine,
    Submission,
    SweepExpired,
    WantedLine,
)
from entrepot.orders.model.decision import Ask, Decision, Happened, Notice, Postponed
from entrepot.orders.model.facts import Facts, LocationFacts, PartnershipFacts, VariantFacts
from entrepot.orders.model.importing import (
    StockRowFacts,
    changes_figures,
    decide_stock_row,
    foresee_stock_row,
)
from entrepot.orders.model.partners import (
    MatchFacts,
    allocations_by_position,
    lacks_place,
    partners_by_variant,
)
from entrepot.orders.model.placing import change_order, place_draft, place_order, record_payment
from entrepot.orders.model.record import Line, Order, OrderAnswer
from entrepot.orders.model.serving import Waiting
from entrepot.orders.model.standing import followed_reference, waiting_rows
from entrepot.orders.model.stocktaking import (
    StockAnswer,
    adjust_stock,
    count_stock,
    receive_stock,
)
from entrepot.orders.model.survey import positions_of, survey_submissions, variants_of
from entrepot.orders.model.waiting import recheck_order, sweep_order

__all__ = [
    "ActOnOrder",
    "AdjustStock",
    "Ask",
    "BatchDecided",
    "CancelOrder",
    "ChangeOrder",
    "Command",
    "CountStock",
    "Decision",
    "Facts",
    "Happened",
    "HouseKeeping",
    "Line",
    "LineQuantity",
    "LocationFacts",
    "MatchFacts",
    "Notice",
    "Order",
    "OrderAnswer",
    "PartnershipFacts",
    "PlaceDraft",
    "PlaceOrder",
    "Postponed",
    "PrioritiseOrder",
    "ReceiveStock",
    "RecheckWaiting",
    "RecordPayment",
    "ReturnGoods",
    "ShipOrder",
    "StockAnswer",
    "StockLine",
    "StockRowFacts",
    "Submission",
    "SweepExpired",
    "VariantFacts",
    "Waiting",
    "WantedLine",
    "adjust_stock",
    "allocations_by_position",
    "cancel_order",
    "change_order",
    "changes_figures",
    "check_reference",
    "count_stock",
    "decide_batch_purely",
    "decide_stock_row",
    "followed_reference",
    "foresee_stock_row",
    "lacks_place",
    "partners_by_variant",
    "place_draft",
    "place_order",
    "positions_of",
    "prioritise_order",
    "receive_stock",
    "recheck_order",
    "record_payment",
    "return_goods",
    "ship_order",
    "survey_submissions",
    "sweep_order",
    "variants_of",
    "waiting_rows",
]
