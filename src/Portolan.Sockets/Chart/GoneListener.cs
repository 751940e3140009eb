using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Chart;

/// <summary>A listener that was closed before the sockets were read, as the kernel reported it.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Address">The address it was bound to.</param>
/// <param name="Port">Its port.</param>
/// <param name="InterfaceIndex">The interface it was bound to; 0 for none.</param>
/// <param name="Process">Who held it.</param>
public sealed record GoneListener(
    SocketProtocol Protocol, InternetAddress Address, ushort Port, int InterfaceIndex, ProcessInfo Process)
{
    /// <summary>Draws facts as if such listeners were still there.</summary>
    /// <param name="facts">What was read. The table of its sockets has them while it is drawn.</param>
    /// <param name="gone">The listeners, of the caller's own network namespace.</param>
    public static ChartModel Draw(MachineFacts facts, IReadOnlyList<GoneListener> gone)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(gone);
        var table = facts.Snapshot.Sockets;
        var mark = table.Mark();
        var holders = new List<(uint Inode, int Pid)>();
        var processes = new Dictionary<int, ProcessInfo>(facts.Processes);
        try
        {
            foreach (var listener in gone)
            {
                // No file has these numbers: inodes of sockets are given from 1 on.
                var inode = uint.MaxValue - (uint)holders.Count;
                holders.Add((inode, listener.Process.Pid));
                processes[listener.Process.Pid] = listener.Process;
                ref var entry = ref table.Add();
                (entry.Protocol, entry.LocalAddress, entry.LocalPort) = (listener.Protocol, listener.Address, listener.Port);
                (entry.InterfaceIndex, entry.Inode, entry.RemoteAddress) = (listener.InterfaceIndex, inode, Unspecified(listener.Address));
                entry.State = listener.Protocol == SocketProtocol.Tcp ? SocketState.Listen : SocketState.Unconnected;
            }

            return PortChart.Build(facts with { Owners = facts.Owners.With(holders), Processes = processes });
        }
        finally
        {
            table.Rollback(mark);
        }
    }

    private static InternetAddress Unspecified(InternetAddress address) =>
        address.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
}
