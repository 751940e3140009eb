using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Transport.Ip;
using Portolan.Transport.Links;

namespace Portolan.Transport;

/// <summary>
/// A host of its own within the program: a TCP/IP stack with links, addresses and routes, to whose ports .NET code listens and connects.
/// Nothing of it passes the operating system's stack.
/// </summary>
/// <remarks>
/// Any threads. One thread owns the stack and does all its work; what other threads ask for goes to it through a queue, and what waits for
/// it goes on on the thread pool. The stacks of a simulated world or a lab have no thread of their own: the world drives them.
/// </remarks>
public sealed partial class NetworkStack : IAsyncDisposable, IDisposable
{
    private readonly NetworkStackOptions _options;
    private readonly StackMetrics _metrics;
    private volatile bool _isOver;

    /// <summary>Makes a host with its loopback, and starts its thread.</summary>
    /// <param name="options">How it is.</param>
    /// <example><code>await using var stack = new NetworkStack(new NetworkStackOptions { Name = "server" });</code></example>
    public NetworkStack(NetworkStackOptions? options = null)
        : this(StackLayers.Create(options ??= new NetworkStackOptions(), options.Seed ?? DrawSeed()), options)
    {
        _thread = new Thread(RunThread) { Name = $"portolan {options.Name}", IsBackground = true };
        _thread.Start();
    }

    private NetworkStack(StackLayers layers, NetworkStackOptions options, IStackDriver? driver = null)
    {
        (Layers, _options, _driver) = (layers, options, driver);
        WriteBlocks = new WriteBlocks(options.MemoryLimit / 8);
        _metrics = new StackMetrics(this);
    }

    /// <summary>The name for diagnostics, as the options have it.</summary>
    public string Name => _options.Name;

    /// <summary>
    /// What it is made of. It belongs to the thread of the stack: of a driven stack whoever drives it may use it, of others nobody else
    /// while the thread runs, but to read counters.
    /// </summary>
    internal StackLayers Layers { get; }

    /// <summary>Finds the addresses of names.</summary>
    public INameResolver Resolver => _options.Resolver;

    internal TimeProvider Time => _options.Time;

    internal WriteBlocks WriteBlocks { get; }

    internal bool RunsInline => _options.RunsContinuationsInline;

    internal int WriteBufferLimit => _options.WriteBufferLimit;

    /// <summary>Makes a stack without a thread, for simulations.</summary>
    /// <param name="layers">The host.</param>
    /// <param name="options">Its time, name, resolver and limits of writers; the rest is the layers' matter.</param>
    /// <param name="driver">Who drives it.</param>
    internal static NetworkStack CreateDriven(StackLayers layers, NetworkStackOptions options, IStackDriver driver) =>
        new(layers, options, driver);

    /// <summary>Makes an interface of a link, with addresses.</summary>
    /// <param name="link">
    /// The link; it is disposed with the stack. Links in memory say when frames came, also inside fault and capture links; of others, in
    /// whose receiver the thread has to wait, a stack takes one.
    /// </param>
    /// <param name="addresses">Addresses with the length of their network, such as <c>198.18.0.1/24</c> or <c>2001:db8::1/64</c>.</param>
    /// <returns>The interface, for routes and further addresses.</returns>
    /// <exception cref="FormatException">An address is none.</exception>
    /// <example><code>stack.Attach(link, "198.18.0.1/24", "2001:db8::1/64");</code></example>
    public IpInterface Attach(IPacketLink link, params string[] addresses) =>
        Attach(link, new IpInterfaceOptions { Name = link.Description }, addresses);

    /// <summary>Makes an interface of a link, with addresses.</summary>
    /// <param name="link">The link; it is disposed with the stack.</param>
    /// <param name="options">How the interface is. Without probes for duplicates IPv6 addresses are used at once; else after a
    /// second.</param>
    /// <param name="addresses">Addresses with the length of their network.</param>
    /// <returns>The interface, for routes and further addresses.</returns>
    /// <exception cref="FormatException">An address is none.</exception>
    /// <exception cref="ArgumentException">The stack waits in the receiver of another link already.</exception>
    /// <example>
    /// <code>
    /// var eth0 = stack.Attach(link, new IpInterfaceOptions { Name = "eth0", Mtu = 1400 }, "198.18.0.1/24");
    /// </code>
    /// </example>
    public IpInterface Attach(IPacketLink link, IpInterfaceOptions options, params string[] addresses)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(addresses);
        ThrowIfEnding();
        var parsed = Array.ConvertAll(addresses, StackAddresses.ParsePrefix);
        return Invoke(_ =>
        {
            var waking = HostLinks.FindWaking(link);
            if (waking is null && !IsDriven && Layers.Links.HasWaitingPlace)
            {
                throw new ArgumentException(
                    $"{link.Description} does not say when frames come, and the stack waits in another such link already", nameof(link));
            }

            if (waking is not null && !IsDriven)
            {
                waking.Arrived = Wake;
            }

            var made = Layers.Links.Attach(link, options);
            foreach (var (address, length) in parsed)
            {
                Layers.Ip.AddAddress(made, address, length);
            }

            return made;
        });
    }

    /// <summary>Gives an interface one more address, such as <c>198.18.0.1/24</c>.</summary>
    /// <returns>The address, with its state.</returns>
    /// <exception cref="FormatException">It is none.</exception>
    /// <example><code>stack.AddAddress(eth0, "198.18.0.7/24");</code></example>
    public HostAddress AddAddress(IpInterface at, string address)
    {
        ArgumentNullException.ThrowIfNull(at);
        ThrowIfEnding();
        var (parsed, length) = StackAddresses.ParsePrefix(address);
        return Invoke(_ => Layers.Ip.AddAddress(at, parsed, length));
    }

    /// <summary>
    /// Makes all addresses of a network this stack's, such as <c>198.18.0.0/16</c>: it answers for them all, and listeners hear them all.
    /// </summary>
    /// <returns>The prefix.</returns>
    /// <exception cref="FormatException">It is none.</exception>
    /// <example><code>stack.AddPrefix(eth0, "198.18.0.0/16");</code></example>
    public LocalPrefix AddPrefix(IpInterface at, string network)
    {
        ArgumentNullException.ThrowIfNull(at);
        ThrowIfEnding();
        var (parsed, length) = StackAddresses.ParsePrefix(network);
        return Invoke(_ => Layers.Ip.AddPrefix(at, parsed, length));
    }

    /// <summary>Routes a network through an interface, by a gateway or on the link.</summary>
    /// <param name="network">The destinations, such as <c>0.0.0.0/0</c> or <c>2001:db8:1::/48</c>.</param>
    /// <param name="at">The interface.</param>
    /// <param name="gateway">The next hop; <c>null</c> when destinations are on the link.</param>
    /// <exception cref="FormatException">A text is no network or address.</exception>
    /// <example><code>stack.AddRoute("0.0.0.0/0", eth0, gateway: "198.18.0.254");</code></example>
    public void AddRoute(string network, IpInterface at, string? gateway = null)
    {
        ArgumentNullException.ThrowIfNull(at);
        ThrowIfEnding();
        var (parsed, length) = StackAddresses.ParsePrefix(network);
        InternetAddress? hop = gateway is null ? null : StackAddresses.Parse(gateway);
        Invoke(_ =>
        {
            Layers.Ip.AddRoute(new IpRoute(parsed, length, at, hop));
            return true;
        });
    }

    /// <summary>Finds the addresses of a name by <see cref="Resolver"/>, those first that RFC 6724 prefers for this stack.</summary>
    /// <remarks>A resolver that does not heed its token is left alone when that is cancelled, or the stack disposed.</remarks>
    /// <returns>At least one address.</returns>
    /// <exception cref="SocketException"><see cref="SocketError.HostNotFound"/> or another error of the resolver.</exception>
    /// <exception cref="ObjectDisposedException">The stack is disposed.</exception>
    /// <example><code>var addresses = await stack.ResolveAsync("server");</code></example>
    public async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        ThrowIfEnding();
        cancellationToken.ThrowIfCancellationRequested();
        var resolving = Resolver.ResolveAsync(host, cancellationToken);
        var found = resolving.IsCompleted ? await resolving : await WaitWhileOpenAsync(resolving.AsTask(), cancellationToken);
        return found.Length switch
        {
            0 => throw new SocketException((int)SocketError.HostNotFound, $"the resolver has no address of {host}"),
            1 => found,
            _ => await InvokeAsync(_ => Sort(found)).WaitAsync(cancellationToken),
        };
    }

    /// <summary>What the stack did and holds now.</summary>
    /// <returns>The figures of this moment; they do not change afterwards.</returns>
    /// <exception cref="ObjectDisposedException">The stack is disposed.</exception>
    /// <example><code>Console.WriteLine($"{stack.GetStatistics().Retransmissions} segments sent again");</code></example>
    public StackStatistics GetStatistics()
    {
        ThrowIfEnding();
        return StackStatistics.Of(Layers, WriteBlocks);
    }

    private async Task<T> WaitWhileOpenAsync<T>(Task<T> work, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = await Task.WhenAny(work, _over.Task, Task.Delay(Timeout.Infinite, ended.Token));
        await ended.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(first != work, this);
        return await work;
    }

    private static ulong DrawSeed()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
