using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Rules.Reading;

/// <summary>All rules of the calling thread's network namespace.</summary>
public static class KernelRules
{
    /// <summary>Reads them. Needs CAP_NET_ADMIN; without it the answer says so.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static RulesetReading Read(CancellationToken cancellationToken)
    {
        try
        {
            using var channel = NetlinkSocket.Open(NetlinkFamily.Netfilter);
            return RulesetReader.Read(channel, cancellationToken);
        }
        catch (LinuxException exception)
        {
            return new RulesetReading(RulesetAccess.Read, Ruleset.Empty with { Missing = [new MissingFact("the firewall's rules", exception.Message)] });
        }
    }
}
