using System.CommandLine;
using System.Globalization;
using Portolan.Cli.Changing;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;
using Portolan.Firewall.Rules;
using Portolan.Model;
using Portolan.Reachability.Closing;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Commands.Firewall;

/// <summary><c>portolan firewall close-unused</c>: allows what is in use and drops the rest.</summary>
public sealed class FirewallCloseUnusedCommand : PortolanCommand
{
    private readonly ChangeOptions _change = new(ChangeOptions.AsksAlways);

    /// <summary>Makes the command.</summary>
    public FirewallCloseUnusedCommand()
        : base("firewall close-unused", "allow the ports in use, and drop new connections to all others") =>
        Add("Whether", _change.DryRun, _change.Yes, _change.Force, _change.ConfirmWithin);

    /// <inheritdoc/>
    public override string Details =>
        """
        The policy comes from the current listeners: an allow for each port that a socket listens on outside of loopback, or that is
        published by translation, e.g. for containers; then a default drop. Existing rules stay. The difference is shown first, and you
        confirm; the result is one pending change, confirmed like any other.

        The default drop applies to new connections to ports of this machine (TCP, UDP, UDP-Lite, SCTP, DCCP). It always keeps loopback,
        existing connections and related packets, traffic forwarded to other machines, answers to DHCP and DHCPv6 clients, and everything
        without ports: neighbour discovery, packet-too-big, fragmentation-needed and all other ICMP, multicast memberships, ESP, GRE. A
        port allowed only for some senders stays so.

        A service that starts later is closed until its port is allowed.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan firewall close-unused", "show the policy, ask, and apply it as a pending change"),
        new("portolan firewall close-unused --dry-run", "the nftables rules that would be loaded"),
        new("portolan firewall close-unused --yes --confirm-within 5m", "without asking, with five minutes to confirm"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "changed and pending, shown by --dry-run, or already in effect"),
        new(ExitCode.NothingFound, "you said no"),
        new(ExitCode.Usage, "the command line is wrong, or --yes is missing without a terminal; nothing was done"),
        new(ExitCode.Failed, "refused or failed; nothing was changed"),
        new(ExitCode.NoPrivilege, "missing privilege (CAP_NET_ADMIN); nothing was done"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["allow", "firewall confirm", "list"];

    /// <inheritdoc/>
    public override string JsonSchema => ChangeJson.Schema;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var used = new List<UsedPort>();
        return new ChangeRunner(context).Run(
            new RuleChangeRequest
            {
                Command = FullName,
                Plan = (own, rules, change) =>
                {
                    used.Clear();
                    used.AddRange(Listening(context, cancellationToken));
                    used.AddRange(Published(context, rules, cancellationToken));
                    var plan = RulePlanner.Add(own.State, UsedPorts.Policy(own.State, used), OwnAction.Close.Word(), change);
                    return plan with { Notes = [.. plan.Notes, .. Notes(own.State, used)] };
                },
                Within = _change.Within(parsed),
                DryRun = parsed.GetValue(_change.DryRun),
                Yes = parsed.GetValue(_change.Yes),
                Force = parsed.GetValue(_change.Force),
                Question = "New connections to all other ports will be dropped.",
                Remark = rule => Users(used, rule),
                Nothing = "nothing to do: ports in use are already allowed and the rest dropped",
            },
            cancellationToken);
    }

    private static List<UsedPort> Listening(CommandContext context, CancellationToken cancellationToken)
    {
        var facts = context.Machine.Survey().ForChart(allNamespaces: false, ProcessFields.All, cancellationToken);
        if (facts.Snapshot.Missing.Count > 0)
        {
            // A listener that cannot be seen would be closed.
            var missing = facts.Snapshot.Missing[0];
            throw new PortolanException(
                $"the list of listeners is incomplete ({missing.What}: {missing.Why}); nothing was changed",
                $"run it as root, e.g. with sudo", ExitCode.Failed);
        }

        var names = new OwnerName(context.Machine.Users.Name);
        return [.. PortChart.Build(facts).Rows.Where(r => r is { IsOwnNamespace: true, Exposure: not PortExposure.Local }).Select(
            r => new UsedPort(r.Protocol, r.Port, names.Of(r.Owner)))];
    }

    private static IEnumerable<UsedPort> Published(CommandContext context, Ruleset rules, CancellationToken cancellationToken)
    {
        var machine = context.Machine.Changes;
        var found = TranslatedPorts.Find(
            rules, machine.ReadHost(cancellationToken), (r, h, q) => machine.Judge(r, h, q, cancellationToken), out var isComplete);
        return isComplete
            ? found.Select(p => new UsedPort(p.Protocol, p.Port, "published by translation"))
            : throw new PortolanException(
                $"rules translate more than {TranslatedPorts.MostCandidates} ports; which of those are in use is unknown",
                $"allow these ports with portolan allow, and block the rest",
                ExitCode.Failed);
    }

    private static IEnumerable<string> Notes(OwnState state, IReadOnlyList<UsedPort> used) =>
        UsedPorts.Unused(state, used).Select(
            r => string.Create(CultureInfo.InvariantCulture, $"rule #{r.Number} ({r.Words}) allows ports that are "
                + $"not in use now; it stays"));

    private static string? Users(List<UsedPort> used, OwnRule rule)
    {
        if (rule.Action == OwnAction.Close)
        {
            return "drop every other port";
        }

        var users = used.Where(u => rule.Scope.Protocols.Contains(u.Protocol) && rule.Scope.Ports.Contains(u.Port)).Select(u => u.User)
            .Distinct(StringComparer.Ordinal).ToList();
        return users.Count == 0 ? null : string.Join(", ", users.Take(3)) + (users.Count > 3 ? ", ..." : "");
    }
}
