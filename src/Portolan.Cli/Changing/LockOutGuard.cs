using System.Globalization;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Managers;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;
using Portolan.Model;
using Portolan.Reachability.Sessions;

namespace Portolan.Cli.Changing;

/// <summary>Judges proposed rules for the caller's own connection, as a new one, and for what is to be allowed; refuses a lock-out unless forced.</summary>
internal sealed class LockOutGuard(ChangeMachine machine, CallerSession session, ChangeRequest request, CancellationToken cancellationToken)
{
    private HostFacts? _host;

    /// <summary>How new connections of the caller would fare.</summary>
    public List<LockOutCheck> Checks { get; } = [];

    /// <summary>What a person should know.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>What a person should worry about.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Whether a change that was only shown would be refused.</summary>
    public bool IsRefusedInDryRun { get; private set; }

    private HostFacts Host => _host ??= machine.ReadHost(cancellationToken);

    /// <summary>Judges what is proposed. May be called again for a later state of the rules.</summary>
    /// <exception cref="PortolanException">The caller would be locked out.</exception>
    public void Judge(ProposedChange proposed)
    {
        Checks.Clear();
        Notes.Clear();
        Warnings.Clear();
        IsRefusedInDryRun = false;
        foreach (var connection in session.Connections.DistinctBy(c => (c.RemoteAddress, c.LocalAddress, c.LocalPort)))
        {
            var check = LockOutCheck.Of(connection, proposed.Proposed, Host, Ask);
            Checks.Add(check);
            Take(check, proposed);
        }

        if (session.Origin.Kind == ChangeOriginKind.Unknown && Checks.Count == 0)
        {
            Notes.Add($"whether you could still get in was not judged: {session.WhyUnknown}");
        }

        foreach (var rule in proposed.Plan.Added.Where(r => r.Action == OwnAction.Allow))
        {
            JudgeAllow(rule, proposed);
        }
    }

    private FlowAnswer Ask(Firewall.Rules.Ruleset rules, HostFacts host, FlowQuery query) => machine.Judge(rules, host, query, cancellationToken);

    private void Take(LockOutCheck check, ProposedChange proposed)
    {
        var who = string.Create(CultureInfo.InvariantCulture, $"a new connection like yours (from {check.Connection.RemoteAddress} to {check.Connection.LocalAddress} port {check.Connection.LocalPort}/tcp)");
        var by = Name(check.Decider);
        switch (check.Fate)
        {
            case LockOutFate.LockedOut when !request.Force && !request.DryRun:
                throw new PortolanException(
                    $"refused, and nothing was changed: {who} would be stopped by {by}",
                    $"keep yourself in first with portolan allow {check.Connection.LocalPort}/tcp --from {check.Connection.RemoteAddress}, or add --force",
                    ExitCode.Failed);
            case LockOutFate.LockedOut:
                IsRefusedInDryRun = !request.Force;
                Warnings.Add($"{who} would be stopped by {by}{(request.Force ? "" : "; without --dry-run this is refused unless --force is given")}");
                break;
            case LockOutFate.OthersRefuse:
                var wasSo = LockOutCheck.Of(check.Connection, proposed.Current, Host, Ask).Fate == LockOutFate.OthersRefuse;
                Warnings.Add($"{who} {(wasSo ? "is stopped already, whatever Portolan does" : "would be stopped")}: {by}{(check.Detail is { } detail ? $" ({detail})" : "")}; confirm on the console, or with --force");
                break;
            case LockOutFate.Unknown:
                Warnings.Add($"whether {who} is let in hangs on {by}: {check.Detail ?? "it cannot be judged"}");
                break;
            case LockOutFate.Limited:
                Notes.Add($"{who} is let in up to the rate of {by}");
                break;
            default:
                break;
        }
    }

    /// <summary>An accept ends only Portolan's chain: what another table drops stays dropped.</summary>
    private void JudgeAllow(OwnRule rule, ProposedChange proposed)
    {
        foreach (var isIPv4 in (ReadOnlySpan<bool>)[true, false])
        {
            if (!rule.Scope.Has(isIPv4))
            {
                continue;
            }

            var answer = Ask(proposed.Proposed, Host, new FlowQuery
            {
                Direction = FlowDirection.Inbound,
                IsIPv4 = isIPv4,
                Protocol = ProtocolNumbers.Of(rule.Scope.Protocols[0]),
                DestinationPort = rule.Scope.Ports.Ranges.First().First.Value,
                Sources = rule.Scope.From.IsAny ? null : rule.Scope.From.Of(isIPv4),
                Destinations = rule.Scope.To.IsAny ? null : rule.Scope.To.Of(isIPv4),
                WithReplies = false,
            });
            var refused = answer.Regions.FirstOrDefault(r => r.Outcome.Decision is FlowDecision.Drop or FlowDecision.Reject && !IsOwn(r.Outcome.Decider));
            if (refused?.Outcome.Decider is { } decider)
            {
                var all = answer.Regions.All(r => r.Outcome.Decision is FlowDecision.Drop or FlowDecision.Reject);
                Warnings.Add(
                    $"rule #{rule.Number} cannot let {(all ? "this" : "all of this")} in{(isIPv4 ? "" : " over IPv6")}: {Name(decider)} drops it, and a drop is final whatever Portolan accepts{Remedy(proposed.Current, decider, rule, isIPv4)}");
                return;
            }
        }
    }

    /// <summary>The command of whoever made the rule that stands in the way, completing a sentence; empty where there is none.</summary>
    private static string Remedy(Firewall.Rules.Ruleset rules, RuleReference decider, OwnRule wanted, bool isIPv4)
    {
        var from = wanted.Scope.From.IsAny ? null : wanted.Scope.From.Items(isIPv4).First();
        var manager = RuleManagers.Of(rules).OwnerOf(decider);
        var port = wanted.Scope.Ports.Ranges.First().First.Value;

        // Managers take an address or a prefix.
        from = from?.Contains('-', StringComparison.Ordinal) == true ? from[..from.IndexOf('-', StringComparison.Ordinal)] : from;
        var command = manager?.AllowCommand(port, wanted.Scope.Protocols[0].Name(), from, decider);
        var isPart = wanted.Scope.Ports.Count > 1 || wanted.Scope.Protocols.Count > 1 || (!wanted.Scope.From.IsAny && wanted.Scope.From.Items(isIPv4).Skip(1).Any());
        return command is null ? $" ({manager?.Name ?? "nobody known"} made it)" : $"; {manager!.Name} made it, so run{(isPart ? ", for each port and sender" : "")}: {command}";
    }

    private static bool IsOwn(RuleReference? rule) => rule is { Table: { Family: Firewall.Rules.RuleFamily.Inet, IsLegacy: false, Name: TableImage.TableName } };

    private static string Name(RuleReference? rule) => rule switch
    {
        null => "what no rule says",
        { Rule: { Comment: { } comment } } when IsOwn(rule) => "rule " + comment,
        { Rule: { } found } => string.Create(CultureInfo.InvariantCulture, $"table {Portolan.Firewall.Rendering.RuleWords.Of(rule.Table.Family)} {rule.Table.Name} chain {rule.Chain.Name} handle {found.Handle} ({RuleText.Of(rule)})"),
        _ => $"the policy of table {Portolan.Firewall.Rendering.RuleWords.Of(rule.Table.Family)} {rule.Table.Name} chain {rule.Chain.Name}",
    };
}
