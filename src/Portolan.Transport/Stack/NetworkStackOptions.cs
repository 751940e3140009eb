using Portolan.Model;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp;

namespace Portolan.Transport;

/// <summary>How a <see cref="NetworkStack"/> is made.</summary>
public sealed record NetworkStackOptions
{
    /// <summary>Its name, for its thread, its metrics and people.</summary>
    public string Name { get; init => field = Allowed.NotNull(value); } = "stack";

    /// <summary>
    /// What its sequence numbers, ports, hashes and identifiers come from; <c>null</c> to draw one that cannot be guessed. Give one only
    /// where a run has to repeat: who knows it can forge segments.
    /// </summary>
    public ulong? Seed { get; init; }

    /// <summary>Its time. With another one than the system's, all timers of the stack are that one's.</summary>
    public TimeProvider Time { get; init => field = Allowed.NotNull(value); } = TimeProvider.System;

    /// <summary>How its TCP behaves.</summary>
    public TcpProfile Profile { get; init => field = Allowed.NotNull(value); } = TcpProfile.Linux;

    /// <summary>
    /// The ports that connections, and binds of port 0, are given; by default those of Linux, 32768 to 60999
    /// (<c>net.ipv4.ip_local_port_range</c>). Port 0 in it is never given.
    /// </summary>
    public PortRange EphemeralPorts { get; init; } = new(new PortNumber(32768), new PortNumber(60999));

    /// <summary>How its IP behaves; <c>null</c> for the usual way. The seed in it does not count.</summary>
    public IpHostOptions? Ip { get; init; }

    /// <summary>
    /// The most bytes of its packet memory, at least 1 MiB; the buffers of all connections are three quarters of it at most. When it is
    /// out, windows close and writers wait.
    /// </summary>
    public long MemoryLimit { get; init => field = Allowed.AtLeast(1L << 20, value); } = 256L << 20;

    /// <summary>
    /// The growth step of packet memory, in bytes; 0 for a 64th of the limit, 64 to 512 KiB. Little where there are thousands of stacks.
    /// </summary>
    internal int SlabLength { get; init; }

    /// <summary>Bytes written that wait for the stack before a writer has to, for each connection.</summary>
    public int WriteBufferLimit { get; init => field = Allowed.AtLeast(1, value); } = 64 << 10;

    /// <summary>Finds the addresses of names; by default it knows literal addresses and <c>localhost</c> only.</summary>
    public INameResolver Resolver { get; init => field = Allowed.NotNull(value); } = new LiteralResolver();

    /// <summary>How long disposing waits for connections to close in order before it resets them.</summary>
    public TimeSpan CloseTimeout { get; init => field = Allowed.NotNegative(value); } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether who reads, writes or accepts goes on at once on the stack's thread, instead of on the thread pool. It saves a switch of
    /// threads, and stops the whole stack while it runs: nothing in it may block.
    /// </summary>
    public bool RunsContinuationsInline { get; init; }
}
