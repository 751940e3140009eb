using Portolan.Linux;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Udp;

/// <summary>
/// Connects sockets of datagrams. The kernel gives a socket that is not bound a port that is free at all addresses of this host, and other
/// programs may have taken every port at one address or another. Then it is bound to the address of this host that leads to the target,
/// where only ports at that address count. For one thread.
/// </summary>
internal sealed class SourceAddresses(Func<long> now)
{
    /// <summary>Milliseconds for which an address is used without asking the routes again.</summary>
    private const long Validity = 1000;

    private readonly Dictionary<RelayAddress, Source> _sources = new(ReferenceEqualityComparer.Instance);

    /// <summary>Connects; 0, or the negative error number: EAGAIN when no port is free.</summary>
    public int Connect(int descriptor, RelayAddress target)
    {
        var source = _sources.GetValueOrDefault(target);
        if (source is { IsCrowded: true } && now() < source.ValidUntil && Bind(descriptor, source))
        {
            return RelaySocket.Connect(descriptor, target.Bytes);
        }

        var result = RelaySocket.Connect(descriptor, target.Bytes);
        if (result == -Errno.Again && source is not null && Bind(descriptor, source))
        {
            (source.IsCrowded, source.ValidUntil) = (true, now() + Validity);
            return RelaySocket.Connect(descriptor, target.Bytes);
        }

        if (result == 0 && (source is null || now() >= source.ValidUntil))
        {
            Learn(descriptor, target);
        }

        return result;
    }

    private static bool Bind(int descriptor, Source source) =>
        source.Length > 0 && RelaySocket.BindAnyPort(descriptor, source.Name.AsSpan(0, source.Length)) == 0;

    private void Learn(int descriptor, RelayAddress target)
    {
        if (!_sources.TryGetValue(target, out var source))
        {
            if (_sources.Count >= 1024)
            {
                // Names whose addresses change for ever.
                _sources.Clear();
            }

            _sources.Add(target, source = new Source());
        }

        source.Length = RelaySocket.OwnName(descriptor, source.Name);
        (source.IsCrowded, source.ValidUntil) = (false, now() + Validity);
    }

    private sealed class Source
    {
        public byte[] Name { get; } = new byte[28];

        public int Length { get; set; }

        public long ValidUntil { get; set; }

        /// <summary>Whether no port was free at all addresses.</summary>
        public bool IsCrowded { get; set; }
    }
}
