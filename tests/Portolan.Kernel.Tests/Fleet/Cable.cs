using System.Net;
using System.Net.Sockets;

namespace Portolan.Kernel.Tests.Fleet;

/// <summary>A way to a TCP port of this machine that a test holds up, or cuts without a word of AMQP.</summary>
internal sealed class Cable : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _sockets = [];
    private readonly CancellationTokenSource _end = new();
    private readonly int _to;
    private volatile TaskCompletionSource _there = Open();
    private volatile TaskCompletionSource _back = Open();

    public Cable(int to)
    {
        _to = to;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Nothing passes any more, and nothing is closed.</summary>
    public void Freeze()
    {
        _there = new(TaskCreationOptions.RunContinuationsAsynchronously);
        FreezeReplies();
    }

    /// <summary>Only what the server says passes no more.</summary>
    public void FreezeReplies() => _back = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Both ends see a reset, and nothing gets through again.</summary>
    public void Cut()
    {
        _listener.Stop();
        _end.Cancel();
        lock (_sockets)
        {
            foreach (var socket in _sockets)
            {
                socket.LingerState = new LingerOption(true, 0);
                socket.Dispose();
            }

            _sockets.Clear();
        }
    }

    public void Dispose()
    {
        Cut();
        _listener.Dispose();
        _end.Dispose();
    }

    private static TaskCompletionSource Open()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private async Task AcceptAsync()
    {
        var token = _end.Token;
        try
        {
            while (true)
            {
                var near = await _listener.AcceptSocketAsync(token);
                var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                lock (_sockets)
                {
                    _sockets.AddRange([near, far]);
                }

                await far.ConnectAsync(IPAddress.Loopback, _to, token);
                _ = PassAsync(near, far, () => _there.Task, token);
                _ = PassAsync(far, near, () => _back.Task, token);
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    private static async Task PassAsync(Socket from, Socket to, Func<Task> isOpen, CancellationToken token)
    {
        var bytes = new byte[16_384];
        try
        {
            for (int count; (count = await from.ReceiveAsync(bytes, token)) > 0;)
            {
                await isOpen().WaitAsync(token);
                await to.SendAsync(bytes.AsMemory(0, count), token);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Cut.
        }
    }
}
