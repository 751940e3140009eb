using System.Net;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Netlink;
using Portolan.Linux.Privilege;
using Portolan.Linux.Proc;

namespace Portolan.Linux.Scratch;

/// <summary>
/// A network of its own that goes when this is disposed or the process ends: the host as it might be, and optionally a far side.
/// </summary>
/// <remarks>
/// A program runs inside (<see cref="ScratchServer"/>), which is asked over a pipe. With CAP_SYS_ADMIN it gets a network namespace, else a
/// user namespace too, which most kernels allow ordinary users. One thread.
/// </remarks>
public sealed class ScratchNamespace : IDisposable
{
    private readonly NamespaceProcess _process;
    private readonly Task<string> _complaints;
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationTokenRegistration _cancellation;
    private readonly ScratchWriter _request = new();
    private byte[] _buffer = new byte[64 * 1024];

    private ScratchNamespace(NamespaceProcess process, CancellationToken cancellationToken)
    {
        _process = process;
        _complaints = ReadComplaintsAsync(process.Error);
        _cancellationToken = cancellationToken;
        _cancellation = cancellationToken.Register(process.Kill);
    }

    /// <summary>Starts the program in namespaces of its own.</summary>
    /// <param name="program">The program that runs <see cref="ScratchServer"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="NamespaceProcessException">Namespaces are not allowed here.</exception>
    /// <exception cref="ScratchException">The program inside does not answer as it should.</exception>
    public static ScratchNamespace Start(ScratchProgram program, CancellationToken cancellationToken)
    {
        if (!ProcMount.IsThere())
        {
            // Settings of the network are written below it.
            throw new ScratchException(Errno.NoEntry, $"a scratch namespace cannot be set up: {ProcMount.NotMounted}");
        }

        var options = new NamespaceProcessOptions(program.Path, program.Arguments) { Environment = program.Environment };
        var scratch = new ScratchNamespace(StartProcess(options), cancellationToken);
        try
        {
            scratch.Ask(scratch.Request(ScratchOperation.Hello), "begin in a scratch namespace");
            return scratch;
        }
        catch
        {
            scratch.Dispose();
            throw;
        }
    }

    /// <summary>Makes the far namespace.</summary>
    /// <returns>Its descriptor in the program inside, for IFLA_NET_NS_FD.</returns>
    public int MakeFar() => Ask(Request(ScratchOperation.MakeFar), "make the far namespace").Number();

    /// <summary>A netlink channel inside.</summary>
    /// <param name="place">In which of the two.</param>
    /// <param name="family">Its family.</param>
    /// <param name="group">A group of events that it hears, or 0.</param>
    public ScratchChannel OpenNetlink(ScratchPlace place, NetlinkFamily family, int group = 0) =>
        Open(Request(ScratchOperation.OpenNetlink).Number((int)place).Number((int)family).Number(group), "open a netlink socket");

    /// <summary>All frames that an interface receives; what is sent goes out of it.</summary>
    public ScratchChannel OpenFrames(ScratchPlace place, int interfaceIndex) =>
        Open(Request(ScratchOperation.OpenFrames).Number((int)place).Number(interfaceIndex), "open a packet socket");

    /// <summary>A copy of each packet of a protocol that is delivered: IPv4 with its IP header, IPv6 without.</summary>
    public ScratchChannel OpenDelivered(ScratchPlace place, bool isIPv4, byte protocol) =>
        Open(Request(ScratchOperation.OpenDelivered).Number((int)place).Number(isIPv4 ? 4 : 6).Number(protocol), "open a raw socket");

    /// <summary>A bound socket.</summary>
    /// <param name="place">In which of the two.</param>
    /// <param name="isTcp">TCP, else UDP.</param>
    /// <param name="local">Its address.</param>
    /// <param name="interfaceName">The interface it is bound to, or empty.</param>
    /// <param name="listens">Whether it listens.</param>
    public ScratchChannel Bind(ScratchPlace place, bool isTcp, IPEndPoint local, string interfaceName, bool listens) =>
        Open(
            Request(ScratchOperation.Bind).Number((int)place).Number(isTcp ? 6 : 17).Text(local.Address.ToString()).Number(local.Port)
                .Text(interfaceName).Number(listens ? 1 : 0),
            "bind a socket");

    /// <summary>Has a bound socket send its first packet.</summary>
    /// <returns>0, or the error number.</returns>
    public int Connect(ScratchChannel socket, IPEndPoint remote, ReadOnlySpan<byte> datagram) =>
        TryAsk(
            Request(ScratchOperation.Connect).Number(socket.Number).Text(remote.Address.ToString()).Number(remote.Port).Data(datagram),
            out _);

    /// <summary>Has a bound socket take one request, and answer it.</summary>
    /// <param name="socket">The socket; of TCP one that listens.</param>
    /// <param name="reply">The answer.</param>
    /// <param name="patience">How long a connection, and then the request, is waited for.</param>
    /// <returns>How far it went.</returns>
    public ScratchService Serve(ScratchChannel socket, ReadOnlySpan<byte> reply, TimeSpan patience) =>
        (ScratchService)Ask(
            Request(ScratchOperation.Serve).Number(socket.Number).Data(reply).Number((int)patience.TotalMilliseconds),
            "serve a request").Number();

    /// <summary>Reads a setting; <c>null</c> when there is none of that name.</summary>
    /// <param name="place">In which of the two.</param>
    /// <param name="name">Below /proc/sys/net, such as <c>ipv4/ip_forward</c>.</param>
    public string? ReadSetting(ScratchPlace place, string name) =>
        TryAsk(Request(ScratchOperation.ReadSetting).Number((int)place).Text(name), out var answer) == 0 ? answer.Text() : null;

    /// <summary>Writes a setting.</summary>
    /// <returns>0, or the error number.</returns>
    public int WriteSetting(ScratchPlace place, string name, string text) =>
        TryAsk(Request(ScratchOperation.WriteSetting).Number((int)place).Text(name).Text(text), out _);

    /// <summary>Reads a file of /proc/net; <c>null</c> when there is none of that name.</summary>
    public string? ReadStatistics(string name) =>
        TryAsk(Request(ScratchOperation.ReadStatistics).Text(name), out var answer) == 0 ? answer.Text() : null;

    /// <summary>Runs a program inside, as <see cref="ProgramRunner"/> does.</summary>
    /// <exception cref="ScratchException">It cannot be started, or takes too long.</exception>
    public ProgramResult Run(
        string path, IReadOnlyList<string> arguments, string folder, ReadOnlySpan<byte> input, TimeSpan timeout,
        ProgramLimits? limits = null)
    {
        var request = Request(ScratchOperation.Run).Text(path).Number(arguments.Count);
        foreach (var argument in arguments)
        {
            request.Text(argument);
        }

        var answer = Ask(
            request.Text(folder).Data(input).Number((int)timeout.TotalMilliseconds).Number((int)((limits?.MemoryBytes ?? 0) >> 20)).Number(
                limits?.ProcessorSeconds ?? 0), $"run {path}");
        return new ProgramResult(answer.Number(), answer.Text(), answer.Text());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cancellation.Dispose();
        _process.Dispose();
    }

    internal int Send(int socket, ReadOnlySpan<byte> bytes) => TryAsk(Request(ScratchOperation.Send).Number(socket).Data(bytes), out _);

    internal NetlinkReceipt Receive(int socket, Span<byte> buffer, int milliseconds)
    {
        var errno = TryAsk(Request(ScratchOperation.Receive).Number(socket).Number(buffer.Length).Number(milliseconds), out var answer);
        if (errno != 0)
        {
            return new NetlinkReceipt(0, 0, errno);
        }

        var port = (uint)answer.Number();
        var length = answer.Number();
        answer.Data().CopyTo(buffer);
        return new NetlinkReceipt(length, port, 0);
    }

    internal void Close(int socket) => TryAsk(Request(ScratchOperation.Close).Number(socket), out _);

    // A process namespace too: with the program inside go those that it runs.
    private static NamespaceProcess StartProcess(NamespaceProcessOptions options)
    {
        // Programs run inside, and those of another user than root have no capabilities from this process.
        var capabilities = CapabilitySet.Available;
        if (EffectiveUser.Id == 0 && capabilities.Has(Capability.SysAdmin) && capabilities.Has(Capability.NetAdmin))
        {
            try
            {
                // Without a user namespace large batches fit, and users are who they are.
                return NamespaceProcess.Start(options with { Namespaces = NamespaceKinds.Network | NamespaceKinds.Process });
            }
            catch (NamespaceProcessException exception) when (exception.Obstacle != NamespaceObstacle.Other)
            {
                // The capabilities are those of a sandbox.
            }
        }

        return NamespaceProcess.Start(options with { Namespaces = NamespaceKinds.User | NamespaceKinds.Network | NamespaceKinds.Process });
    }

    private static async Task<string> ReadComplaintsAsync(Stream stream)
    {
        const int Longest = 4096;
        try
        {
            using var reader = new StreamReader(stream);
            var text = await reader.ReadToEndAsync();
            return text.Length > Longest ? text[..Longest] : text;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            return "";
        }
    }

    private ScratchWriter Request(ScratchOperation operation) => _request.Reset().Byte((byte)operation);

    private ScratchChannel Open(ScratchWriter request, string operation) => new(this, Ask(request, operation).Number());

    private ScratchReader Ask(ScratchWriter request, string operation)
    {
        var errno = TryAsk(request, out var answer);
        if (errno == 0)
        {
            return answer;
        }

        var text = answer.Text();
        throw new ScratchException(errno, text.Length > 0 ? text : new LinuxException(errno, operation).Message);
    }

    /// <summary>Sends a request and reads the answer.</summary>
    /// <returns>0, or the error number.</returns>
    private int TryAsk(ScratchWriter request, out ScratchReader answer)
    {
        try
        {
            request.Flush(_process.Input);
            if (ScratchReader.TryReceive(_process.Output, ref _buffer, out var length))
            {
                answer = new ScratchReader(_buffer.AsSpan(0, length));
                return answer.Number();
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // It has ended; its last words tell why.
        }

        _cancellationToken.ThrowIfCancellationRequested();
        _process.Kill();
        var complaints = _complaints.GetAwaiter().GetResult().Trim();
        throw new ScratchException(
            Errno.BrokenPipe, $"the program in the scratch namespace ended{(complaints.Length > 0 ? $": {complaints}" : "")}");
    }
}

/// <summary>Something failed inside a scratch namespace.</summary>
public sealed class ScratchException : Exception
{
    /// <summary>Makes the error.</summary>
    public ScratchException(int errno, string message)
        : base(message) => Errno = errno;

    /// <summary>The error number.</summary>
    public int Errno { get; }
}
