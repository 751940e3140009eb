using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Portolan.Kernel.Tests.Forwarding;

/// <summary>A target of the test's own: each connection is served by a thread, which belongs to the test's network namespace.</summary>
internal sealed class TargetServer : IDisposable
{
    private readonly Socket _listener;
    private readonly ConcurrentBag<Socket> _accepted = [];

    public TargetServer(Action<Socket> serve, EndPoint? address = null, int backlog = 8192)
    {
        address ??= new IPEndPoint(IPAddress.Loopback, 0);
        _listener = new Socket(
            address.AddressFamily, SocketType.Stream,
            address.AddressFamily == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        if (address.AddressFamily != AddressFamily.Unix)
        {
            _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        }

        _listener.Bind(address);
        _listener.Listen(backlog);
        new Thread(() => Accept(serve)) { IsBackground = true }.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public string Name => $"127.0.0.1:{Port}";

    public int Accepted => _accepted.Count;

    /// <summary>What a thread that serves threw; the connection is closed then, so that the other end sees it.</summary>
    public ConcurrentQueue<Exception> Failures { get; } = [];

    /// <summary>Sends back what comes until the end.</summary>
    public static void Echo(Socket socket)
    {
        var buffer = new byte[64 * 1024];
        while (socket.Receive(buffer) is var count and > 0)
        {
            socket.Send(buffer.AsSpan(0, count));
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (var socket in _accepted)
        {
            socket.Dispose();
        }

        Assert.Empty(Failures);
    }

    private void Accept(Action<Socket> serve)
    {
        try
        {
            while (true)
            {
                var socket = _listener.Accept();
                socket.ReceiveTimeout = socket.SendTimeout = 60_000;
                _accepted.Add(socket);
                new Thread(() => Serve(serve, socket), 128 * 1024) { IsBackground = true }.Start();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Serve(Action<Socket> serve, Socket socket)
    {
        try
        {
            serve(socket);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The other end went; the test looks at that end.
        }
        catch (Exception exception)
        {
            Failures.Enqueue(exception);
            socket.Dispose();
        }
    }
}
