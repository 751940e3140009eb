using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability.Clients;

/// <summary>What a classic filter of a socket does.</summary>
internal enum ClientFilter
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>Drops all.</summary>
    Drop,

    /// <summary>Keeps all.</summary>
    Keep,

    /// <summary>Keeps source ports from 1024 on.</summary>
    BySourcePort,
}

/// <summary>What a socket refuses by itself: one of these.</summary>
internal sealed record ClientRefusal
{
    /// <summary>IP_MINTTL and IPV6_MINHOPCOUNT; 0 for none.</summary>
    public int MinimumTtl { get; init; }

    /// <summary>The prefix of senders with a TCP-MD5 key.</summary>
    public string? KeyedSenders { get; init; }

    /// <summary>The filter.</summary>
    public ClientFilter Filter { get; init; }
}

/// <summary>The servers of the ports that rules are generated for, TCP and UDP.</summary>
internal sealed class ClientSockets : IDisposable
{
    private const ulong Drop = 0x06;
    private const ulong Keep = 0x06 | (0xffff_ffffUL << 32);

    private readonly LabHost _host;
    private readonly Dictionary<(int Port, bool IsUdp), Socket> _open = [];

    /// <summary>Serves these ports.</summary>
    public ClientSockets(LabHost host, IEnumerable<int> ports)
    {
        _host = host;
        foreach (var port in ports)
        {
            Open(port, isUdp: false, null);
            Open(port, isUdp: true, null);
        }
    }

    /// <summary>Serves a port with a socket that refuses something, or plainly.</summary>
    /// <param name="port">The port.</param>
    /// <param name="isUdp">Whether it is one of UDP.</param>
    /// <param name="refusal">What it refuses; <c>null</c> for nothing.</param>
    public void Replace(int port, bool isUdp, ClientRefusal? refusal)
    {
        _open[(port, isUdp)].Dispose();
        Open(port, isUdp, refusal);
    }

    public void Dispose()
    {
        foreach (var socket in _open.Values)
        {
            socket.Dispose();
        }
    }

    private void Open(int port, bool isUdp, ClientRefusal? refusal)
    {
        var socket = isUdp ? _host.EchoUdp(port) : _host.ServeTcp(port, static _ => { });
        _open[(port, isUdp)] = socket;
        if (refusal is null)
        {
            return;
        }

        if (refusal.MinimumTtl > 0)
        {
            socket.SetMinimumTtl(refusal.MinimumTtl);
            socket.SetMinimumHopLimit(refusal.MinimumTtl);
        }

        if (refusal.KeyedSenders is { } senders && !isUdp)
        {
            socket.AddMd5Key(senders);
        }

        // ldh [0], jge #1024, keep, drop.
        ulong[] program = refusal.Filter switch
        {
            ClientFilter.Drop => [Drop],
            ClientFilter.Keep => [Keep],
            ClientFilter.BySourcePort => [0x28, 0x35 | (1UL << 24) | (1024UL << 32), Keep, Drop],
            _ => [],
        };
        if (program.Length > 0)
        {
            socket.AttachFilter(program);
        }
    }
}
