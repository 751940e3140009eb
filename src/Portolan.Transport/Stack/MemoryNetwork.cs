using System.Net;
using System.Net.Sockets;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Ip;
using Portolan.Transport.Links;

namespace Portolan.Transport;

/// <summary>
/// A network in memory: stacks at one switch, each behind a link that may lose, delay, repeat or reorder what the stack sends. It knows its
/// stacks by name and resolves them.
/// </summary>
/// <remarks>Any threads. Time is real; for virtual time there is <c>SimWorld</c> in Portolan.Transport.Testing.</remarks>
public sealed class MemoryNetwork : INameResolver, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly MemoryNetworkOptions _options;
    private readonly MemorySwitch _switch;
    private readonly Dictionary<string, Member> _members = new(StringComparer.OrdinalIgnoreCase);
    private bool _isDisposed;

    /// <summary>Makes a network without stacks.</summary>
    /// <param name="options">How it is.</param>
    /// <example>
    /// <code>
    /// await using var network = new MemoryNetwork(new MemoryNetworkOptions
    /// {
    ///     Faults = new FaultProfile { Loss = 0.01, Delay = TimeSpan.FromMilliseconds(10) },
    /// });
    /// </code>
    /// </example>
    public MemoryNetwork(MemoryNetworkOptions? options = null)
    {
        _options = options ?? new MemoryNetworkOptions();
        _switch = new MemorySwitch(new MemoryLinkOptions
        {
            MaxFrameLength = _options.Mtu + EthernetWriter.Length,
            Capacity = _options.Capacity,
            Time = _options.Time,
        });
    }

    /// <summary>Makes a stack that is attached to the network.</summary>
    /// <param name="name">Its name, for other hosts.</param>
    /// <param name="addresses">Addresses with the length of their network, such as <c>198.18.0.1/24</c> or <c>2001:db8::1/64</c>.</param>
    /// <returns>The stack; the network disposes it.</returns>
    /// <example><code>var server = network.AddStack("server", "198.18.0.1/24");</code></example>
    public NetworkStack AddStack(string name, params string[] addresses) => AddStack(new NetworkStackOptions { Name = name }, addresses);

    /// <summary>Makes a stack by its options and attaches it to the network.</summary>
    /// <param name="options">How it is; time, resolver and, where it has none, the seed come from the network.</param>
    /// <param name="addresses">Addresses with the length of their network.</param>
    /// <returns>The stack; the network disposes it.</returns>
    /// <exception cref="ArgumentException">The name is taken, or an address.</exception>
    /// <exception cref="FormatException">An address is none.</exception>
    /// <example>
    /// <code>
    /// var server = network.AddStack(
    ///     new NetworkStackOptions { Name = "server", Profile = TcpProfile.Windows }, "198.18.0.1/24");
    /// </code>
    /// </example>
    public NetworkStack AddStack(NetworkStackOptions options, params string[] addresses)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(addresses);
        var parsed = Array.ConvertAll(addresses, static a => StackAddresses.ParsePrefix(a).Address.ToIPAddress());
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (FindHolder(parsed) is var (holder, address))
            {
                throw new ArgumentException($"the stack {holder} has the address {address} already", nameof(addresses));
            }

            if (_members.ContainsKey(options.Name))
            {
                throw new ArgumentException($"a stack of the name {options.Name} is there already", nameof(options));
            }

            var number = (ulong)_members.Count + 1;
            var seed = new KeyedRandom(_options.Seed + number);
            var link = new FaultLink(
                _switch.AddPort(new MacAddress(0x0200_0000_0000 | number)), _options.Faults, seed.Next(), _options.Time, FaultKeying.Flow);
            IPacketLink outer = _options.Capture is { } capture ? new CaptureLink(link, capture, options.Name) : link;
            var stack = new NetworkStack(options with { Time = _options.Time, Resolver = this, Seed = options.Seed ?? seed.Next() });
            stack.Attach(outer, new IpInterfaceOptions { Name = "eth0", Mtu = _options.Mtu, DuplicateAddressProbes = 0 }, addresses);
            _members.Add(options.Name, new Member(stack, link, parsed));
            return stack;
        }
    }

    /// <summary>Sets what happens to all that any stack sends from now on.</summary>
    /// <example><code>network.SetFaults(new FaultProfile { IsPartitioned = true });</code></example>
    public void SetFaults(FaultProfile faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            foreach (var member in _members.Values)
            {
                member.Link.Profile = faults;
            }
        }
    }

    /// <summary>Sets what happens to all that one stack sends from now on.</summary>
    /// <exception cref="KeyNotFoundException">It is none of this network's.</exception>
    /// <example><code>network.SetFaults(stack, new FaultProfile { Loss = 0.2 });</code></example>
    public void SetFaults(NetworkStack stack, FaultProfile faults)
    {
        ArgumentNullException.ThrowIfNull(stack);
        ArgumentNullException.ThrowIfNull(faults);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_members.TryGetValue(stack.Name, out var member) || member.Stack != stack)
            {
                throw new KeyNotFoundException($"the stack {stack.Name} is none of this network's");
            }

            member.Link.Profile = faults;
        }
    }

    /// <inheritdoc/>
    public ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_members.TryGetValue(host, out var member))
            {
                return new(member.Addresses);
            }
        }

        return IPAddress.TryParse(host, out var literal)
            ? new([literal])
            : throw new SocketException((int)SocketError.HostNotFound, $"no stack of this network has the name {host}");
    }

    /// <summary>Disposes all stacks.</summary>
    public async ValueTask DisposeAsync()
    {
        NetworkStack[] stacks;
        lock (_lock)
        {
            _isDisposed = true;
            stacks = [.. _members.Values.Select(static m => m.Stack)];
        }

        await Task.WhenAll(stacks.Select(static s => s.DisposeAsync().AsTask()));
        _switch.Dispose();
    }

    private (string Holder, IPAddress Address)? FindHolder(IPAddress[] addresses)
    {
        foreach (var (name, member) in _members)
        {
            foreach (var address in addresses)
            {
                if (member.Addresses.Contains(address))
                {
                    return (name, address);
                }
            }
        }

        return null;
    }

    private sealed record Member(NetworkStack Stack, FaultLink Link, IPAddress[] Addresses);
}

/// <summary>How a <see cref="MemoryNetwork"/> is made.</summary>
public sealed record MemoryNetworkOptions
{
    /// <summary>
    /// What the fate of frames, and the random choices of stacks that have no seed of their own, come from. The fate of a frame is drawn by
    /// seed, flow and its number in the flow.
    /// </summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>What happens to all that is sent, for each direction.</summary>
    public FaultProfile Faults { get; init => field = Allowed.NotNull(value); } = FaultProfile.None;

    /// <summary>The most bytes of an IP packet.</summary>
    public int Mtu { get; init => field = Allowed.Between(68, 65_535, value); } = 1500;

    /// <summary>Frames that may wait for a stack; those that come then are dropped.</summary>
    public int Capacity { get; init => field = Allowed.AtLeast(1, value); } = 4096;

    /// <summary>Its time, and that of its stacks.</summary>
    public TimeProvider Time { get; init => field = Allowed.NotNull(value); } = TimeProvider.System;

    /// <summary>Where all that stacks send and receive is captured; <c>null</c> for nowhere.</summary>
    public CaptureFile? Capture { get; init; }
}
