using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;
using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Model;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Sessions;

namespace Portolan.Cli.Changing;

/// <summary>
/// Judges proposed rules for the caller's own connection, as a new one, and for what is to be allowed; refuses a lock-out unless forced.
/// </summary>
internal sealed class LockOutGuard(
    ChangeMachine machine, CallerSession session, RuleChangeRequest request, CancellationToken cancellationToken)
{
    private HostFacts? _host;
    private IReadOnlyList<ChangeOrigin>? _asSent;

    /// <summary>How new connections of the caller would fare.</summary>
    public List<LockOutCheck> Checks { get; } = [];

    /// <summary>What a person should know.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>What a person should worry about.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Whether a change that was only shown would be refused.</summary>
    public bool IsRefusedInDryRun { get; private set; }

    /// <summary>Whether a rule that was added lets nobody in, for another program's rules drop the packets all the same.</summary>
    public bool LeavesClosed { get; private set; }

    /// <summary>The managers that <c>--via</c> could have let in what their rules stop.</summary>
    public SortedSet<string> Managers { get; } = new(StringComparer.Ordinal);

    /// <summary>The machine's routing.</summary>
    public HostFacts Host => _host ??= machine.ReadHost(cancellationToken);

    /// <summary>The caller's connections, as sockets see them and as their senders do.</summary>
    public IReadOnlyList<ChangeOrigin> Own =>
        [.. session.Connections, .. _asSent ??= LockOutWords.AsSent(machine, session.Connections, cancellationToken)];

    /// <summary>Judges what is proposed. May be called again for a later state of the rules.</summary>
    /// <exception cref="PortolanException">The caller would be locked out.</exception>
    public void Judge(ProposedChange proposed)
    {
        Checks.Clear();
        Notes.Clear();
        Warnings.Clear();
        Managers.Clear();
        (IsRefusedInDryRun, LeavesClosed) = (false, false);
        _asSent ??= LockOutWords.AsSent(machine, session.Connections, cancellationToken);
        foreach (var connection in _asSent)
        {
            var check = LockOutCheck.Of(connection, proposed.Proposed, Host, Ask);
            Checks.Add(check);
            Take(check, proposed);
            if (SelfConnection.Is(connection, Host))
            {
                Notes.Add($"your connection is from this machine to itself (from {connection.RemoteAddress} to "
                    + $"{connection.LocalAddress}): access from other hosts was not evaluated");
            }
            else if (check.Fate != LockOutFate.LockedOut)
            {
                LookAhead(connection, proposed);
            }
        }

        if (session.Origin.Kind == ChangeOriginKind.Unknown && Checks.Count == 0)
        {
            Notes.Add($"your own access was not evaluated: {session.WhyUnknown}");
        }

        JudgeAllowed(proposed);
        foreach (var rule in proposed.Plan.Added)
        {
            JudgeDestinations(rule);
        }
    }

    /// <summary>Judges what is to be let in: by new rules, and by those that were asked for and are there already.</summary>
    public void JudgeAllowed(ProposedChange proposed)
    {
        foreach (var rule in proposed.Plan.After.Rules.Where(r => r is { Action: OwnAction.Allow, PausedFor: null }
            && (proposed.Plan.Added.Contains(r)
                || request.Wanted.Any(w => w.Action == OwnAction.Allow && w.Scope.IsSameAs(r.Scope)))))
        {
            var judge = new AllowJudge(machine, Host, LockOutWords.Name, cancellationToken);
            Warnings.AddRange(judge.Warnings(rule, proposed.Proposed));
            LeavesClosed |= judge.LeavesClosed;
            Managers.UnionWith(judge.Managers);
        }
    }

    private FlowAnswer Ask(Firewall.Rules.Ruleset rules, HostFacts host, FlowQuery query) =>
        machine.Judge(rules, host, query, cancellationToken);

    private void Take(LockOutCheck check, ProposedChange proposed)
    {
        var who = LockOutWords.Like("yours", check.Connection);
        var by = LockOutWords.Name(check.Decider);
        switch (check.Fate)
        {
            case LockOutFate.LockedOut when !request.Force && !request.DryRun:
                throw new PortolanException(
                    $"refused, and nothing was changed: {who} would be stopped by {by}",
                    $"keep yourself in first with portolan allow {check.Connection.LocalPort}/tcp --from "
                        + $"{check.Connection.RemoteAddress}, or add --force",
                    ExitCode.Failed);
            case LockOutFate.LockedOut:
                IsRefusedInDryRun = !request.Force;
                Warnings.Add($"{who} would be stopped by "
                    + $"{by}{(request.Force ? "" : "; without --dry-run this is refused; --force overrides")}");
                break;
            case LockOutFate.OthersRefuse:
                var wasSo = LockOutCheck.Of(check.Connection, proposed.Current, Host, Ask).Fate == LockOutFate.OthersRefuse;
                Warnings.Add($"{who} {(wasSo ? "is blocked already, independent of Portolan" : "would be stopped")}: "
                    + $"{by}{(check.Detail is { } detail ? $" ({detail})" : "")}; confirm on the console, or with --force");
                break;
            case LockOutFate.Unknown:
                Warnings.Add($"whether {who} is accepted depends on {by}: {check.Detail ?? "it cannot be evaluated"}");
                break;
            case LockOutFate.Limited:
                Notes.Add($"{who} is accepted up to the rate of {by}");
                break;
            default:
                break;
        }
    }

    /// <summary>
    /// The rule that admits the caller may expire. Nothing is locked out yet, and a confirmation is judged anew: so this is no more than a
    /// warning.
    /// </summary>
    private void LookAhead(ChangeOrigin connection, ProposedChange proposed)
    {
        var after = proposed.Plan.After;
        if (new LockOutForecaster(proposed.Current, Host, Ask).Find(
            connection, PendingPlanner.Confirm(after, [.. after.Pending]).After, after) is { } found)
        {
            Warnings.Add($"once this is confirmed: {LockOutWords.When(found)}{LockOutWords.Like("yours", connection)} would be stopped by "
                + $"{LockOutWords.Name(found.Check.Decider)}{(found.IsNew ? "; portolan firewall confirm refuses that" : "")}");
        }
    }

    /// <summary>A rule is about this machine's own addresses; of others it never sees a packet that it would decide.</summary>
    private void JudgeDestinations(OwnRule rule)
    {
        if (!rule.Scope.To.IsAny && !Host.Addresses.Any(a => rule.Scope.To.Contains(a.Address)))
        {
            Warnings.Add(
                $"rule #{rule.Number} is for {rule.Scope.To}, and this machine has no such address: the rule matches no packet now");
        }
        else if (rule.Scope.Interface is { } name && rule.Action != OwnAction.Allow && Host.Interfaces.All(i => i.Name != name))
        {
            Warnings.Add($"rule #{rule.Number} is for interface {name}, which does not exist now");
        }
    }
}
