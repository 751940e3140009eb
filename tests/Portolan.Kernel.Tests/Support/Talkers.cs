using System.Net;
using System.Net.Sockets;

namespace Portolan.Kernel.Tests.Support;

/// <summary>Servers of a host that speak first, each in its own way, to whoever connects.</summary>
internal sealed class Talkers : IDisposable
{
    internal const int Prompt = 22;
    internal const int Slow = 25;
    internal const int Silent = 80;
    internal const int Binary = 3306;
    internal const int Endless = 7000;
    internal const int ResetsAtOnce = 7001;
    internal const int ResetsAfterwards = 7002;
    internal const int Closes = 7003;
    internal const int Hostile = 7004;
    internal const int Late = 7005;

    /// <summary>Goes on and on; not among <see cref="Ports"/>.</summary>
    internal const int Dripping = 7007;

    /// <summary>All, as an option has them.</summary>
    internal const string Ports = "22,25,80,3306,7000-7005";

    private readonly List<Socket> _listeners = [];
    private readonly CancellationTokenSource _end = new();

    private Talkers()
    {
        Serve(Prompt, static (socket, _) => Say(socket, "SSH-2.0-Talker\r\n\0\u0001\u0002"u8));
        Serve(Slow, static (socket, end) => Alone(
            () =>
            {
                socket.Send("220 mail."u8);
                Thread.Sleep(100);
                socket.Send("example.com ESMTP\r\n"u8);
            },
            end));
        Serve(Silent, static (_, _) => Task.CompletedTask);
        Serve(Binary, static (socket, _) => Say(socket, [0x4a, 0, 0, 0, 0x0a, (byte)'8', (byte)'.', (byte)'0', 0, 0xff, 0x5c]));
        Serve(Endless, static async (socket, end) =>
        {
            var block = new byte[4096];
            block.AsSpan().Fill((byte)'x');
            while (!end.IsCancellationRequested)
            {
                await socket.SendAsync(block, end);
            }
        });
        Serve(ResetsAtOnce, static (socket, _) => Reset(socket));
        Serve(ResetsAfterwards, static async (socket, end) =>
        {
            await Say(socket, "+OK bye\r\n"u8);
            await Task.Delay(100, end);
            await Reset(socket);
        });
        Serve(Closes, static async (socket, _) =>
        {
            await Say(socket, "* BYE\r\n"u8);
            socket.Dispose();
        });
        Serve(Hostile, static (socket, _) => Say(socket, "220 \u001b]0;owned\a\u202e\"<&>--\r\n220 two\r\n"u8));
        Serve(Late, static async (socket, end) =>
        {
            await Task.Delay(2000, end);
            await Say(socket, "250 late\r\n"u8);
        });

        Serve(Dripping, static (socket, end) => Alone(
            () =>
            {
                while (!end.IsCancellationRequested)
                {
                    socket.Send("."u8);
                    Thread.Sleep(100);
                }
            },
            end));
    }

    /// <summary>Whether somebody sent something: who reads greetings says nothing.</summary>
    internal bool HasHeard { get; private set; }

    /// <summary>Starts all, on all addresses of a host.</summary>
    internal static Talkers Of(LabHost host) => host.Run(static () => new Talkers());

    public void Dispose()
    {
        _end.Cancel();
        _listeners.ForEach(static l => l.Dispose());
        _end.Dispose();
    }

    /// <summary>Talks on a thread of its own: the pool's may all be taken by tests, and who pauses for long has said everything.</summary>
    private static Task Alone(Action talk, CancellationToken end) =>
        Task.Factory.StartNew(talk, end, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static async Task Say(Socket socket, ReadOnlyMemory<byte> text) => await socket.SendAsync(text);

    private static Task Say(Socket socket, ReadOnlySpan<byte> text) => Say(socket, (ReadOnlyMemory<byte>)text.ToArray());

    private static Task Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
        return Task.CompletedTask;
    }

    private void Serve(int port, Func<Socket, CancellationToken, Task> talk)
    {
        var listener = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        listener.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        listener.Listen(512);
        _listeners.Add(listener);
        var end = _end.Token;
        _ = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                var socket = await listener.AcceptAsync(end);
                _ = Task.Run(async () =>
                {
                    try
                    {
                        await talk(socket, end);
                        HasHeard |= await socket.ReceiveAsync(new byte[1], end) > 0;
                    }
                    catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
                    {
                        // The scanner has gone, or the test.
                    }
                    finally
                    {
                        socket.Dispose();
                    }
                });
            }
        });
    }
}
