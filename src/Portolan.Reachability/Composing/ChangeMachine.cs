using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Saving;
using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Linux.Proc;
using Portolan.Reachability.Sessions;

namespace Portolan.Reachability.Composing;

/// <summary>What changes of rules need of the machine.</summary>
public sealed class ChangeMachine
{
    /// <summary>Opens a channel to the kernel, in the namespace whose rules are changed.</summary>
    public required Func<NetlinkFamily, INetlinkChannel> Open { get; init; }

    /// <summary>Reads the machine's routing.</summary>
    public required Func<CancellationToken, HostFacts> ReadHost { get; init; }

    /// <summary>Finds out over which connection this program is run.</summary>
    public required Func<CancellationToken, CallerSession> FindSession { get; init; }

    /// <summary>Judges flows under rules.</summary>
    public Func<Ruleset, HostFacts, FlowQuery, CancellationToken, FlowAnswer> Judge { get; init; } = new LastJudge().Judge;

    /// <summary>Who runs this program. Hostile text.</summary>
    public required Func<string> User { get; init; }

    /// <summary>Where rules are saved, or why not here.</summary>
    public required Func<(SavedRules? Place, string? WhyNot)> FindPlace { get; init; }

    /// <summary>Changes of the rules of this host, made by the user who runs this program.</summary>
    internal static ChangeMachine Of(Machine machine) => new()
    {
        Open = static family => family == NetlinkFamily.Netfilter ? RuleChanger.OpenKernel() : NetlinkSocket.Open(family),
        ReadHost = static cancellationToken =>
        {
            using var channel = NetlinkSocket.Open(NetlinkFamily.Route);
            return HostFactsReader.Read(channel, "/proc", cancellationToken) with { Clock = KernelClock.Read() };
        },
        FindSession = cancellationToken =>
            SessionFinder.Find(
                machine.Sockets, machine.Processes, Environment.ProcessId, machine.Environment("SSH_CONNECTION"), cancellationToken),
        User = () => machine.Environment("SUDO_USER") is { Length: > 0 } caller
            ? $"{caller} (sudo)"
            : machine.Users.Name(EffectiveUser.Id) ?? $"user {EffectiveUser.Id}",
        FindPlace = FindPlaceHere,
    };

    /// <summary>Rules are compiled once for all questions about them.</summary>
    private sealed class LastJudge
    {
        private (Ruleset Rules, HostFacts Host, FlowJudge Judge)? _last;

        public FlowAnswer Judge(Ruleset rules, HostFacts host, FlowQuery query, CancellationToken cancellationToken)
        {
            if (_last is not { } last || !ReferenceEquals(last.Rules, rules) || !ReferenceEquals(last.Host, host))
            {
                _last = last = (rules, host, new FlowJudge(rules, host));
            }

            return last.Judge.Judge(query, cancellationToken);
        }
    }

    /// <summary>
    /// What the next start of the machine loads goes into its first network namespace; rules of another one do not belong there.
    /// </summary>
    private static (SavedRules? Place, string? WhyNot) FindPlaceHere()
    {
        try
        {
            using var proc = ProcHandle.Open("/proc");
            return proc.ReadLink("thread-self/ns/net"u8) is { } own && proc.ReadLink("1/ns/net"u8) is { } first && own == first
                ? (new SavedRules(), null)
                : (null, "this is not the machine's initial network namespace");
        }
        catch (LinuxException exception)
        {
            return (null, exception.Message);
        }
    }
}
