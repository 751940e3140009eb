using System.Globalization;
using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Linux.Privilege;

namespace Portolan.Firewall.Guarding;

/// <summary>
/// Keeps the kernel's TCP out of ports on which another stack of this host talks: without it the kernel answers each of the peer's segments
/// with RST, for it knows nothing of the connection.
/// </summary>
/// <remarks>
/// A table of its own that belongs to a socket (NFT_TABLE_F_OWNER, Linux 5.12): nobody else can change it, and the kernel removes it when
/// the socket closes, also where the process is killed. Packet sockets see what comes in before it, and what they send does not pass it.
/// </remarks>
public sealed class PortGuard : IDisposable
{
    /// <summary>The name of the table, with a number behind it where another guard is at work.</summary>
    public const string Name = "portolan_guard";

    private const int MostGuards = 64;

    private readonly NetlinkSocket _owner;

    private PortGuard(NetlinkSocket owner, string tableName, PortRange ports) => (_owner, TableName, Ports) = (owner, tableName, ports);

    /// <summary>The table's name, of family inet.</summary>
    public string TableName { get; }

    /// <summary>The ports.</summary>
    public PortRange Ports { get; }

    /// <summary>Puts the guard up, in the network namespace of the calling thread.</summary>
    /// <exception cref="PortolanException">Exit code 4: CAP_NET_ADMIN is missing. Else the kernel has no such tables.</exception>
    public static PortGuard Start(PortRange ports)
    {
        var owner = NetlinkSocket.Open(NetlinkFamily.Netfilter);
        try
        {
            owner.ExplainErrors();
            return Start(owner, ports);
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    /// <summary>What it has dropped so far.</summary>
    /// <exception cref="LinuxException">The kernel does not tell.</exception>
    public GuardCounts ReadCounts() => GuardCounts.Read(_owner, TableName);

    /// <summary>Takes it down.</summary>
    public void Dispose() => _owner.Dispose();

    private static PortGuard Start(NetlinkSocket owner, PortRange ports)
    {
        for (var number = 1; ; number++)
        {
            var name = number == 1 ? Name : string.Create(CultureInfo.InvariantCulture, $"{Name}{number}");
            var result = GuardTable.Batch(name, ports).Send(owner);
            switch (result)
            {
                case { Status: NetfilterBatchStatus.Committed }:
                    return new PortGuard(owner, name, ports);
                case { Status: NetfilterBatchStatus.NotPermitted }:
                    throw new PortolanException(
                        "--own-stack must guard its ports from the kernel, which requires CAP_NET_ADMIN",
                        CapabilityGrant.Hint(Capability.NetRaw, Capability.NetAdmin),
                        ExitCode.NoPrivilege);
                case { Errno: Errno.Exists or Errno.NotPermitted } when number < MostGuards:
                    break; // another guard has that name; one that belongs to another socket is refused with EPERM
                default:
                    throw new PortolanException(
                        $"the port guard of --own-stack cannot be loaded: {result.ToException("add the table inet " + name).Message}",
                        $"it needs nftables with the module nft_fib_inet and tables with an owner (Linux 5.12); kernel "
                            + $"connections need no guard: -sT");
            }
        }
    }
}
