using System.Globalization;
using System.Net;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Tun;
using Portolan.Transport;

namespace Portolan.TunScenarios.Lwip;

/// <summary>A TCP of user space behind a TUN device without offload: it takes one stream from the kernel, or sends one to it.</summary>
internal abstract class StreamPeer : IDisposable
{
    protected const string KernelAddress = "198.18.7.1";
    protected const string PeerAddress = "198.18.7.2";
    protected const int Port = 80;

    internal LabHost Host { get; } = new();

    /// <summary>Processor time so far of a process of its own.</summary>
    internal virtual TimeSpan Processor => TimeSpan.Zero;

    internal static IPEndPoint PeerEndPoint => new(IPAddress.Parse(PeerAddress), Port);

    /// <summary>Begins to listen, and to read what comes until its end.</summary>
    internal abstract void Serve();

    /// <summary>Gets ready to send; the kernel's end has its address then.</summary>
    internal abstract void Prepare(int port, long bytes);

    /// <summary>Sends what was prepared.</summary>
    internal abstract void Begin();

    public virtual void Dispose() => Host.Dispose();
}

/// <summary>lwIP.</summary>
internal sealed class LwipStreamPeer : StreamPeer
{
    private PeerProgram? _program;

    internal override TimeSpan Processor => _program!.Processor;

    internal override void Serve() =>
        _program = new PeerProgram(Host, KernelAddress, LwipProgram.Path, "serve", "tun0", PeerAddress, "80", "1");

    internal override void Prepare(int port, long bytes) => _program = new PeerProgram(
        Host, KernelAddress, LwipProgram.Path, "send", "tun0", PeerAddress, KernelAddress, port.ToString(CultureInfo.InvariantCulture),
        bytes.ToString(CultureInfo.InvariantCulture));

    internal override void Begin() => _program!.Begin();

    public override void Dispose()
    {
        _program?.Dispose();
        base.Dispose();
    }
}

/// <summary>The stack of Portolan.Transport.</summary>
internal sealed class StackStreamPeer : StreamPeer
{
    private readonly NetworkStack _stack;
    private Task _work = Task.CompletedTask;
    private (int Port, long Bytes) _sending;

    internal StackStreamPeer(bool runsInline, bool usesKernelThread = false)
    {
        var link = Host.Run(() => TunLink.Open(new TunOptions { Name = "tun0", UsesOffload = false, UsesKernelThread = usesKernelThread }));
        Host.Ip("link set tun0 up");
        Host.Address("tun0", $"{KernelAddress}/24");
        _stack = new NetworkStack(new NetworkStackOptions { Name = "tun", RunsContinuationsInline = runsInline });
        _stack.Attach(link, $"{PeerAddress}/24");
    }

    internal override void Serve()
    {
        var acceptor = _stack.ListenTcp(PeerEndPoint);
        _work = Task.Run(async () =>
        {
            using (acceptor)
            {
                await using var stream = await acceptor.AcceptAsync();
                var block = new byte[KernelEnd.BlockLength];
                while (await stream.ReadAsync(block) > 0)
                {
                }
            }
        });
    }

    internal override void Prepare(int port, long bytes) => _sending = (port, bytes);

    internal override void Begin() => _work = Task.Run(async () =>
    {
        await using var stream = await _stack.ConnectTcpAsync(new IPEndPoint(IPAddress.Parse(KernelAddress), _sending.Port));
        await StackEnd.Send(stream, _sending.Bytes);
        while (await stream.ReadAsync(new byte[1]) > 0)
        {
        }
    });

    public override void Dispose()
    {
        _work.Wait();
        _stack.Dispose();
        base.Dispose();
    }
}
