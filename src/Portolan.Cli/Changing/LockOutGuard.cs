using System.Globalization;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Cutting;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;
using Portolan.Linux.Netlink;
using Portolan.Model;
using Portolan.Reachability.Sessions;

namespace Portolan.Cli.Changing;

/// <summary>Judges proposed rules for the caller's own connection, as a new one, and for what is to be allowed; refuses a lock-out unless forced.</summary>
internal sealed class LockOutGuard(ChangeMachine machine, CallerSession session, ChangeRequest request, CancellationToken cancellationToken)
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

    /// <summary>The machine's routing.</summary>
    public HostFacts Host => _host ??= machine.ReadHost(cancellationToken);

    /// <summary>The caller's connections, as sockets see them and as their senders do.</summary>
    public IReadOnlyList<ChangeOrigin> Own => [.. session.Connections, .. _asSent ??= AsSent()];

    /// <summary>Judges what is proposed. May be called again for a later state of the rules.</summary>
    /// <exception cref="PortolanException">The caller would be locked out.</exception>
    public void Judge(ProposedChange proposed)
    {
        Checks.Clear();
        Notes.Clear();
        Warnings.Clear();
        IsRefusedInDryRun = false;
        _asSent ??= AsSent();
        foreach (var connection in _asSent)
        {
            var check = LockOutCheck.Of(connection, proposed.Proposed, Host, Ask);
            Checks.Add(check);
            Take(check, proposed);
        }

        if (session.Origin.Kind == ChangeOriginKind.Unknown && Checks.Count == 0)
        {
            Notes.Add($"whether you could still get in was not judged: {session.WhyUnknown}");
        }

        foreach (var rule in proposed.Plan.Added)
        {
            if (rule.Action == OwnAction.Allow)
            {
                Warnings.AddRange(new AllowJudge(machine, Host, Name, cancellationToken).Warnings(rule, proposed));
            }

            JudgeDestinations(rule);
        }
    }

    /// <summary>The caller's connections as their first packets were: rules see them before any translation of the destination, the sockets behind it.</summary>
    private List<ChangeOrigin> AsSent()
    {
        if (session.Connections.Count == 0)
        {
            return [];
        }

        using var channel = machine.Open(NetlinkFamily.Netfilter);
        var tracker = new ConnectionTracker(channel);
        return
        [
            .. session.Connections
                .Select(c => tracker.FindByReply(c.LocalAddress, c.LocalPort, c.RemoteAddress, c.RemotePort, cancellationToken) is { } sent
                    ? c with { LocalAddress = sent.Destination, LocalPort = sent.DestinationPort, RemoteAddress = sent.Source, RemotePort = sent.SourcePort }
                    : c)
                .DistinctBy(c => (c.RemoteAddress, c.LocalAddress, c.LocalPort)),
        ];
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

    /// <summary>A rule is about this machine's own addresses; of others it never sees a packet that it would decide.</summary>
    private void JudgeDestinations(OwnRule rule)
    {
        if (!rule.Scope.To.IsAny && !Host.Addresses.Any(a => rule.Scope.To.Contains(a.Address)))
        {
            Warnings.Add($"rule #{rule.Number} is for {rule.Scope.To}, and this machine has no such address: it decides about no packet now");
        }
        else if (rule.Scope.Interface is { } name && rule.Action != OwnAction.Allow && Host.Interfaces.All(i => i.Name != name))
        {
            Warnings.Add($"rule #{rule.Number} is for interface {name}, and there is none of that name now");
        }
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
