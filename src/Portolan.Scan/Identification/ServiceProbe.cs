namespace Portolan.Scan.Identification;

/// <summary>Bytes that a service is asked with. docs/identify.md lists all of them.</summary>
/// <remarks>A probe asks: it logs in nowhere, changes nothing and stores nothing on the peer.</remarks>
public sealed class ServiceProbe
{
    private readonly Func<ServiceTarget, byte[]> _bytes;
    private readonly Func<ReadOnlyMemory<byte>, byte[]>? _repeating;
    private readonly Func<ServiceTarget, string, byte[]>? _forPath;

    /// <summary>Makes a probe of fixed bytes.</summary>
    /// <param name="name">Its name in docs and traces: <c>redis PING</c>.</param>
    /// <param name="bytes">What is sent.</param>
    public ServiceProbe(string name, ReadOnlySpan<byte> bytes)
    {
        var kept = bytes.ToArray();
        (Name, _bytes) = (name, _ => kept);
    }

    /// <summary>Makes a probe that holds the target's name or address.</summary>
    /// <param name="name">Its name in docs and traces.</param>
    /// <param name="bytes">Makes what is sent.</param>
    public ServiceProbe(string name, Func<ServiceTarget, byte[]> bytes) => (Name, _bytes) = (name, bytes);

    /// <summary>Makes a probe that repeats bytes which the peer has said, such as a challenge.</summary>
    /// <param name="name">Its name in docs and traces.</param>
    /// <param name="repeated">How many bytes of the peer it repeats.</param>
    /// <param name="bytes">Makes what is sent from these.</param>
    public ServiceProbe(string name, int repeated, Func<ReadOnlyMemory<byte>, byte[]> bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        (Name, Repeated, _repeating) = (name, repeated, bytes);
        _bytes = _ => _repeating(new byte[repeated]);
    }

    /// <summary>Makes a probe that asks for a path which the peer has named.</summary>
    /// <param name="name">Its name in docs and traces.</param>
    /// <param name="path">What stands for the path in docs.</param>
    /// <param name="bytes">Makes what is sent, with a path.</param>
    public ServiceProbe(string name, string path, Func<ServiceTarget, string, byte[]> bytes) =>
        (Name, PathStandIn, _forPath, _bytes) = (name, path, bytes, target => bytes(target, path));

    private ServiceProbe(ServiceProbe declared, Func<ServiceTarget, byte[]> bytes) => (Name, _bytes) = (declared.Name, bytes);

    private ServiceProbe(ServiceProbe declared, byte[] bytes) => (Name, Repeated, _bytes) = (declared.Name, declared.Repeated, _ => bytes);

    /// <summary>Its name in docs and traces.</summary>
    public string Name { get; }

    /// <summary>How many of its bytes the peer has said before; 0 for most. As declared they are zeros.</summary>
    public int Repeated { get; }

    /// <summary>What stands for a path that the peer names, as declared; <c>null</c> for a probe without one.</summary>
    public string? PathStandIn { get; }

    /// <summary>The answer may come from another port of the host (UDP).</summary>
    public bool IsAnsweredFromAnyPort { get; init; }

    /// <summary>The probe with bytes that the peer has said, <see cref="Repeated"/> of them.</summary>
    public ServiceProbe Repeating(ReadOnlySpan<byte> said)
    {
        var bytes = (_repeating ?? throw new InvalidOperationException($"{Name} repeats nothing"))(said[..Repeated].ToArray());
        return new ServiceProbe(this, bytes) { IsAnsweredFromAnyPort = IsAnsweredFromAnyPort };
    }

    /// <summary>The probe with a path that the peer has named.</summary>
    public ServiceProbe ForPath(string path) =>
        new(this, target => (_forPath ?? throw new InvalidOperationException($"{Name} has no path"))(target, path));

    /// <summary>What is sent to a target.</summary>
    public ReadOnlyMemory<byte> BytesFor(ServiceTarget target) => _bytes(target);
}
