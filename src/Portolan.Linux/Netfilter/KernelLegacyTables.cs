using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;

namespace Portolan.Linux.Netfilter;

/// <summary>
/// The tables of x_tables in the network namespace of the calling thread, by getsockopt(2). Needs CAP_NET_ADMIN. One thread.
/// </summary>
public sealed unsafe class KernelLegacyTables : ILegacyTableSource
{
    private const int Datagram = 2; // SOCK_DGRAM: any socket of the family takes the options (nf_getsockopt)
    private const int LevelIPv4 = 0; // SOL_IP
    private const int LevelIPv6 = 41; // SOL_IPV6

    private SocketHandle? _ipv4;
    private SocketHandle? _ipv6;

    /// <inheritdoc/>
    public int ReadNames(LegacyTableKind kind, out IReadOnlyList<string> names)
    {
        // The thread's own: /proc/net is that of the process.
        var path = kind switch
        {
            LegacyTableKind.Ip => "/proc/thread-self/net/ip_tables_names",
            LegacyTableKind.Ip6 => "/proc/thread-self/net/ip6_tables_names",
            _ => "/proc/thread-self/net/arp_tables_names",
        };
        names = [];
        try
        {
            using var raised = RaisedCapabilities.ToReadProcesses();
            names = File.ReadAllText(path).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return 0;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return 0;
        }
        catch (UnauthorizedAccessException)
        {
            return Errno.AccessDenied;
        }
        catch (IOException)
        {
            return Errno.InvalidArgument;
        }
    }

    /// <inheritdoc/>
    public int Read(LegacyTableKind kind, LegacyTableQuestion question, Span<byte> buffer)
    {
        var socket = kind switch
        {
            LegacyTableKind.Ip => _ipv4 ??= Libc.socket(Libc.AF_INET, Datagram | Libc.SOCK_CLOEXEC, 0),
            LegacyTableKind.Ip6 => _ipv6 ??= Libc.socket(Libc.AF_INET6, Datagram | Libc.SOCK_CLOEXEC, 0),
            _ => null,
        };
        if (socket is null || socket.IsInvalid)
        {
            return Errno.NotSupported;
        }

        var length = (uint)buffer.Length;
        using var raised = RaisedCapabilities.For(Capability.NetAdmin);
        fixed (byte* bytes = buffer)
        {
            return Libc.getsockopt(socket, kind == LegacyTableKind.Ip ? LevelIPv4 : LevelIPv6, (int)question, bytes, &length) == 0
                ? 0
                : Marshal.GetLastPInvokeError();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ipv4?.Dispose();
        _ipv6?.Dispose();
    }
}
