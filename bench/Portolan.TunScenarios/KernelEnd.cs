using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;

namespace Portolan.TunScenarios;

/// <summary>Plain blocking sockets of the kernel's TCP, each on a thread of its own.</summary>
internal static class KernelEnd
{
    /// <summary>Bytes of one call, for both ends of all pairs.</summary>
    internal const int BlockLength = 256 << 10;

    /// <summary>SOL_TCP and TCP_CONGESTION of tcp(7).</summary>
    private const int SolTcp = 6;

    private const int TcpCongestion = 13;

    internal static Socket Listen(LabHost host, string address, int port = 0)
    {
        var socket = Open(host);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), port));
        socket.Listen(8);
        return socket;
    }

    internal static Socket Connect(LabHost host, EndPoint to)
    {
        var socket = Open(host);
        socket.Connect(to);
        return socket;
    }

    internal static Task Send(Socket socket, long bytes) => OnThread(() =>
    {
        var block = new byte[BlockLength];
        for (var left = bytes; left > 0;)
        {
            left -= socket.Send(block.AsSpan(0, (int)Math.Min(left, block.Length)));
        }

        socket.Shutdown(SocketShutdown.Send);
    });

    /// <summary>Sends a block whole.</summary>
    internal static void SendAll(Socket socket, ReadOnlySpan<byte> block)
    {
        while (!block.IsEmpty)
        {
            block = block[socket.Send(block)..];
        }
    }

    internal static Task Receive(Socket socket, Meter meter) => OnThread(() =>
    {
        var block = new byte[BlockLength];
        while (socket.Receive(block) is var count && count > 0)
        {
            meter.Add(count);
        }

        meter.End();
    });

    internal static Task OnThread(Action body) =>
        Task.Factory.StartNew(body, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>A socket with CUBIC, whatever the machine's usual congestion control is.</summary>
    private static Socket Open(LabHost host)
    {
        var socket = host.Run(static () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        socket.SetRawSocketOption(SolTcp, TcpCongestion, "cubic"u8);
        return socket;
    }
}
