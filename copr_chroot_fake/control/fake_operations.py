"""Control calls on a fake: scenario, clock, seed, accounts, snapshots, faults, state changes, messages and requests."""

from __future__ import annotations

from typing import Annotated

from ..engine import create
from ..engine.clock import SystemClock
from ..engine.dump import write_scenario
from ..engine.snapshot import restore
from ..errors import CoprFakeError, InputError
from ..journal.journal import Filter
from ..messages.message import find_messages, read_message
from ..model.account import Account
from ..model.fault import FaultValue
from ..scenario.spec import GroupSpec, Scenario, ScenarioSpec, SubmissionRuleSpec
from ..validation import checks
from ..validation.rule import Written
from . import views
from .call import Call, latest, operation, page
from .specs import (
    ChangesQuery,
    ClockBody,
    MessagesQuery,
    NextBuildIdBody,
    PageQuery,
    RequestFilter,
    RequestsQuery,
    ScenarioValue,
    SeedBody,
    UnmatchedQuery,
    VerifyBody,
)


@operation("GET", "/scenario")
def show_scenario(call: Call) -> Annotated[Scenario, Written(ScenarioSpec)]:
    """Get the current content as a scenario."""
    return write_scenario(call.store)


@operation("PUT", "/scenario")
def replace_scenario(call: Call, body: ScenarioValue) -> views.WorldView:
    """Replace everything with a scenario."""
    call.world.replace_service(call.world.initial_state.make_from(body))
    return views.world(call.world)


@operation("POST", "/scenario")
def add_scenario(call: Call, body: ScenarioValue) -> views.WorldView:
    """Add the content of a scenario."""
    call.service.add_scenario(body)
    return views.world(call.world)


@operation("DELETE", "/scenario")
def clear(call: Call) -> None:
    """Delete all builds, projects, submission rules and faults; keep the clock and the request journal."""
    call.store.clear()


@operation("GET", "/seed")
def show_seed(call: Call) -> views.SeedView:
    """Get the random seed."""
    return {"seed": call.store.seed}


@operation("POST", "/seed")
def reseed(call: Call, body: SeedBody) -> None:
    """Set the random seed."""
    call.store.reseed(body.seed)


@operation("GET", "/next-build-id")
def show_next_build_id(call: Call) -> views.NextBuildIdView:
    """Get the id of the next build."""
    return {"next_build_id": call.store.next_build_id()}


@operation("POST", "/next-build-id")
def set_next_build_id(call: Call, body: NextBuildIdBody) -> None:
    """Set the id of the next build; it must be above all earlier ones."""
    call.store.continue_ids(body.next_build_id)


@operation("GET", "/accounts")
def show_accounts(call: Call, query: PageQuery) -> views.AccountsView:
    """List the accounts."""
    accounts = [*call.store.accounts.values()]
    return {"accounts": [views.account(account) for account in page(accounts, query)], "total": len(accounts)}


@operation("POST", "/accounts", creates=True)
def add_account(call: Call, body: Account) -> views.AccountView:
    """Add an account; logins without an account are rejected from then on."""
    return views.account(create.add_account(body, call.store))


@operation("GET", "/groups")
def show_groups(call: Call, query: PageQuery) -> views.GroupsView:
    """List the groups."""
    groups = [*call.store.groups.values()]
    return {"groups": [views.group(group) for group in page(groups, query)], "total": len(groups)}


@operation("POST", "/groups", creates=True)
def add_group(call: Call, body: GroupSpec) -> views.GroupView:
    """Add a group of users."""
    return views.group(create.add_group(body.group, call.store))


@operation("GET", "/clock")
def show_clock(call: Call) -> views.ClockView:
    """Get the clock's time and speed."""
    return views.clock(call.service.clock)


@operation("PATCH", "/clock")
def change_clock(call: Call, body: ClockBody) -> views.ClockView:
    """Move, pause or resume the clock, or set its speed; an invalid body changes nothing."""
    clock, tick = call.service.clock, body.tick
    if not isinstance(clock, SystemClock) and (body.speed is not None or body.paused is False):
        raise CoprFakeError("this fake has a virtual clock, which has no speed; move it with now or tick")
    if tick and (clock.now() if body.now is None else body.now) + tick > checks.LARGEST_INTEGER:
        raise InputError("tick", f"{tick} would move the clock beyond {checks.LARGEST_INTEGER}, the last time of Copr")
    if body.now is not None:
        clock.move_to(body.now)
    clock.tick(tick)
    if isinstance(clock, SystemClock):
        clock.speed = body.speed or clock.speed
        if body.paused is not None:
            (clock.pause if body.paused else clock.resume)()
    return views.clock(call.service.clock)


@operation("GET", "/changes")
def show_changes(call: Call, query: ChangesQuery) -> views.ChangesView:
    """List the latest changes of state, in chronological order."""
    found = [
        change
        for change in call.store.sorted_changes()
        if query.build_id in (None, change.build_id) and query.chrootname in (None, change.chrootname)
    ]
    return {"changes": [views.change(change) for change in latest(found, query)], "total": len(found)}


@operation("GET", "/snapshots")
def show_snapshots(call: Call, query: PageQuery) -> views.SnapshotsView:
    """List the snapshots."""
    snapshots = call.world.snapshots
    return {"snapshots": [{"id": number} for number in page(snapshots, query)], "total": len(snapshots)}


@operation("POST", "/snapshots", creates=True)
def take_snapshot(call: Call) -> views.SnapshotView:
    """Take a snapshot."""
    return {"id": call.world.take_snapshot()}


@operation("POST", "/snapshots/{snapshot_id}/restore")
def restore_snapshot(call: Call) -> views.WorldView:
    """Restore a snapshot."""
    snapshots = call.world.snapshots
    restore(snapshots[call.number("snapshot", snapshots)])
    return views.world(call.world)


@operation("DELETE", "/snapshots/{snapshot_id}")
def delete_snapshot(call: Call) -> None:
    """Delete a snapshot."""
    snapshots = call.world.snapshots
    del snapshots[call.number("snapshot", snapshots)]


@operation("GET", "/faults")
def show_faults(call: Call, query: PageQuery) -> views.FaultsView:
    """List the faults."""
    faults = call.store.faults
    return {"faults": [views.fault(active) for active in page(faults, query)], "total": len(faults)}


@operation("POST", "/faults", creates=True)
def add_fault(call: Call, body: FaultValue) -> views.FaultView:
    """Add a fault."""
    return views.fault(call.store.faults.add_written(body))


@operation("DELETE", "/faults")
def clear_faults(call: Call) -> None:
    """Remove all faults."""
    call.store.faults.clear()


@operation("DELETE", "/faults/{fault_id}")
def remove_fault(call: Call) -> None:
    """Remove a fault."""
    faults = call.store.faults
    faults.remove(call.number("fault", faults.active))


@operation("GET", "/submission-rules")
def show_submission_rules(call: Call, query: PageQuery) -> views.SubmissionRulesView:
    """List the rules for submitted builds, in the order in which they apply."""
    rules = call.store.submission_rules
    return {"rules": [views.submission_rule(rule) for rule in page(rules, query)], "total": len(rules)}


@operation("POST", "/submission-rules", creates=True)
def add_submission_rule(call: Call, body: SubmissionRuleSpec) -> views.SubmissionRuleView:
    """Add a rule for submitted builds, after the others."""
    return views.submission_rule(call.store.submission_rules.add(body))


@operation("DELETE", "/submission-rules")
def clear_submission_rules(call: Call) -> None:
    """Remove all rules for submitted builds."""
    call.store.submission_rules.clear()


@operation("DELETE", "/submission-rules/{rule_id}")
def remove_submission_rule(call: Call) -> None:
    """Remove a rule for submitted builds."""
    rules = call.store.submission_rules
    rules.remove(call.number("rule", rules.ids))


@operation("GET", "/messages")
def show_messages(call: Call, query: MessagesQuery) -> views.MessagesView:
    """List the latest messages that Copr has published, in the order in which they arose."""
    found = find_messages(call.store, query.topic, query.build_id, query.chrootname, query.after, query.search)
    return {"messages": [views.message(read_message(entry)) for entry in latest(found, query)], "total": len(found)}


@operation("GET", "/requests")
def show_requests(call: Call, query: RequestsQuery) -> views.RequestsView:
    """List the latest requests, in the order of their responses."""
    found = call.service.journal.find(_filter(query), query.after)
    return {"requests": [views.request(request) for request in latest(found, query)], "total": len(found)}


@operation("GET", "/requests/count")
def count_requests(call: Call, query: RequestFilter) -> views.CountView:
    """Count requests."""
    return {"count": len(call.service.journal.find(_filter(query)))}


def _filter(query: RequestFilter) -> Filter:
    return Filter(
        query.endpoint,
        query.build_id,
        query.chrootname,
        search=query.search,
        status=query.status,
        fault=query.fault,
    )


@operation("DELETE", "/requests")
def clear_requests(call: Call) -> None:
    """Delete all recorded requests."""
    call.service.journal.clear()


@operation("GET", "/unmatched")
def show_unmatched(call: Call, query: UnmatchedQuery) -> views.UnmatchedsView:
    """List unmatched requests by method and target, each with its near miss."""
    found = call.service.journal.unmatched()
    unmatched = found[query.offset : query.offset + query.limit]
    return {"unmatched": [views.unmatched(requests) for requests in unmatched], "total": len(found)}


@operation("POST", "/verify")
def verify(call: Call, body: VerifyBody) -> views.VerdictView:
    """Check an assertion about recorded requests."""
    try:
        body.check(call.service)
    except AssertionError as error:
        return {"passed": False, "message": str(error)}
    return {"passed": True, "message": None}
