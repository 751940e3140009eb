using System.Globalization;
using Portolan.Model;
using Portolan.Sockets;

namespace Portolan.Kernel.Tests.Sockets;

/// <summary>A socket in the words of <c>ss -anHe</c>: state, queues, addresses, inode, cookie and user, one line.</summary>
internal static class SsRow
{
    /// <summary>ss's names of the states.</summary>
    internal static readonly Dictionary<SocketState, string> States = new()
    {
        [SocketState.Established] = "ESTAB",
        [SocketState.SynSent] = "SYN-SENT",
        [SocketState.SynReceived] = "SYN-RECV",
        [SocketState.FinWait1] = "FIN-WAIT-1",
        [SocketState.FinWait2] = "FIN-WAIT-2",
        [SocketState.TimeWait] = "TIME-WAIT",
        [SocketState.CloseWait] = "CLOSE-WAIT",
        [SocketState.LastAck] = "LAST-ACK",
        [SocketState.Listen] = "LISTEN",
        [SocketState.Closing] = "CLOSING",
        [SocketState.Unconnected] = "UNCONN",
        [SocketState.Bound] = "UNCONN",
    };

    /// <summary>From Portolan.</summary>
    internal static string From(SocketSnapshot snapshot, in SocketEntry entry)
    {
        var device = snapshot.Interfaces.Find(entry.NamespaceIndex, entry.InterfaceIndex);
        var user = entry.HasUser && entry.UserId != 0 ? entry.UserId.ToString(CultureInfo.InvariantCulture) : "-";
        var inode = entry.Inode == 0 ? "-" : entry.Inode.ToString(CultureInfo.InvariantCulture);
        var local = entry.Protocol == SocketProtocol.Raw ? RawPort(entry.LocalPort) : Port(entry.LocalPort);
        return $"{States[entry.State]} {entry.ReceiveQueue} {entry.SendQueue} "
            + $"{Address(entry.LocalAddress, entry.IsDualStack, entry.InterfaceIndex == 0 ? null : device)}:{local} "
            + $"{Address(entry.RemoteAddress, entry.IsDualStack, null)}:{Port(entry.RemotePort)} ino:{inode} sk:{entry.Cookie:x} "
            + $"uid:{user}";
    }

    /// <summary>From a line of <c>ss -anHe</c>, without the timer, which moves on.</summary>
    internal static string FromSs(string line)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string Fact(string prefix) =>
            fields.FirstOrDefault(field => field.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..] ?? "-";
        var inode = Fact("ino:");
        return $"{fields[0]} {fields[1]} {fields[2]} {fields[3]} {fields[4]} ino:{(inode == "0" ? "-" : inode)} sk:{Fact("sk:")} "
            + $"uid:{Fact("uid:")}";
    }

    /// <summary>ss writes <c>*</c> for an IPv6 wildcard that also takes IPv4, and brackets round other IPv6 addresses.</summary>
    private static string Address(InternetAddress address, bool isDualStack, string? device)
    {
        var scope = device is null ? string.Empty : "%" + device;
        if (isDualStack && address.IsUnspecified)
        {
            return "*" + scope;
        }

        return address.IsIPv4 ? address + scope : $"[{address}]{scope}";
    }

    private static string Port(ushort port) => port == 0 ? "*" : port.ToString(CultureInfo.InvariantCulture);

    private static string RawPort(ushort protocol) => protocol.ToString(CultureInfo.InvariantCulture);
}
