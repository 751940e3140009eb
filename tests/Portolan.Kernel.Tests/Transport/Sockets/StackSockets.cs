using System.Net;
using Portolan.Transport;
using Portolan.Transport.Links;
using Portolan.Transport.Tcp;

namespace Portolan.Kernel.Tests.Transport.Sockets;

/// <summary>The sockets of the stack: on one stack's loopback, or on two at a switch.</summary>
internal sealed class StackSockets : ISocketWorld
{
    private readonly MemoryNetwork _network = new();
    private readonly NetworkStack _client;
    private readonly NetworkStack _server;

    private StackSockets(bool isCable)
    {
        // As KernelSockets has it.
        var profile = TcpProfile.Linux with { SynRetries = 2 };
        _client = _network.AddStack(new NetworkStackOptions { Name = "client", Profile = profile }, isCable ? ["198.18.0.2/24"] : []);
        _server = isCable ? _network.AddStack("server", "198.18.0.1/24") : _client;
        Server = isCable ? IPAddress.Parse("198.18.0.1") : IPAddress.Loopback;
        if (isCable)
        {
            _server.ListenTcp(new IPEndPoint(IPAddress.Any, 0), new TcpListenOptions
            {
                IsEveryPort = true,
                Admission = static (in TcpRequest request) => request.LocalPort.Value switch
                {
                    21 => TcpDecision.NetworkUnreachable,
                    22 => TcpDecision.HostUnreachable,
                    23 => TcpDecision.ProtocolUnreachable,
                    24 => TcpDecision.PortUnreachable,
                    25 => TcpDecision.Prohibited,
                    _ => TcpDecision.Reset,
                },
            });

            // Somebody who hears every SYN and never answers.
            var silent = _network.AddStack("silent", "198.18.0.66/24");
            silent.ListenTcp(new IPEndPoint(IPAddress.Any, 0), new TcpListenOptions
            {
                IsEveryPort = true,
                Admission = static (in TcpRequest _) => TcpDecision.Silence,
            });
        }
    }

    public IPAddress Server { get; }

    internal static StackSockets OnLoopback() => new(isCable: false);

    internal static StackSockets OnCable() => new(isCable: true);

    public ISocketListener Listen(IPEndPoint at, int backlog, bool isDualStack) =>
        new Listener(_server.ListenTcp(at, new TcpListenOptions { Backlog = backlog, IsDualStack = isDualStack }));

    public async Task<Stream> ConnectAsync(IPEndPoint to, IPEndPoint? from, CancellationToken cancellationToken) =>
        await _client.ConnectTcpAsync(to, from, cancellationToken);

    public ISocketDatagrams Bind(IPEndPoint at) => new Datagrams(_client.BindUdp(at));

    public void ShutdownWrite(Stream stream) => ((TcpStream)stream).ShutdownWrite();

    public void Close(Stream stream) => stream.Dispose();

    public void Abort(Stream stream)
    {
        ((TcpStream)stream).Abort();
        stream.Dispose();
    }

    public void SetUserTimeout(Stream stream, TimeSpan timeout) => ((TcpStream)stream).SetUserTimeout(timeout);

    public void CutOff() => _network.SetFaults(_client, new FaultProfile { Loss = 1 });

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    private sealed class Listener(TcpAcceptor acceptor) : ISocketListener
    {
        public int Port => acceptor.LocalEndPoint.Port;

        public async Task<Stream> AcceptAsync(CancellationToken cancellationToken) => await acceptor.AcceptAsync(cancellationToken);

        public void Dispose() => acceptor.Dispose();
    }

    private sealed class Datagrams(UdpEndpoint endpoint) : ISocketDatagrams
    {
        public int Port => endpoint.LocalEndPoint.Port;

        public Task ConnectAsync(IPEndPoint to) => endpoint.ConnectAsync(to);

        public Task SendAsync(byte[] data, IPEndPoint? to, CancellationToken cancellationToken) =>
            endpoint.SendAsync(data, to, cancellationToken);

        public async Task<int> ReceiveAsync(byte[] buffer, CancellationToken cancellationToken) =>
            (await endpoint.ReceiveAsync(buffer, cancellationToken)).Length;

        public void Dispose() => endpoint.Dispose();
    }
}
