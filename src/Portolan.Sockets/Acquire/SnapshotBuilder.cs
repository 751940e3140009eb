namespace Portolan.Sockets.Acquire;

/// <summary>Gathers a snapshot. The same note is kept once, and so is the same gap of a namespace.</summary>
internal sealed class SnapshotBuilder
{
    private readonly List<SocketSourceNote> _sources = [];
    private readonly List<MissingFact> _missing = [];

    /// <summary>The sockets.</summary>
    internal SocketTable Table { get; } = new();

    /// <summary>The namespaces read so far.</summary>
    internal List<NetworkNamespace> Namespaces { get; } = [];

    /// <summary>Interface names of those namespaces.</summary>
    internal InterfaceNames Interfaces { get; } = new();

    /// <summary>Notes where a kind of socket came from.</summary>
    internal void AddSource(SocketProtocol protocol, string source)
    {
        var kind = (SocketProtocols)(1 << (int)protocol);
        for (var index = 0; index < _sources.Count; index++)
        {
            if (string.Equals(_sources[index].Source, source, StringComparison.Ordinal))
            {
                _sources[index] = _sources[index] with { Protocols = _sources[index].Protocols | kind };
                return;
            }
        }

        _sources.Add(new SocketSourceNote(kind, source));
    }

    /// <summary>Notes what could not be learned.</summary>
    internal void AddMissing(MissingFact fact)
    {
        if (!_missing.Contains(fact))
        {
            _missing.Add(fact);
        }
    }

    /// <summary>The finished snapshot.</summary>
    internal SocketSnapshot Build() => new()
    {
        Sockets = Table,
        Namespaces = Namespaces,
        Sources = _sources,
        Missing = _missing,
        Interfaces = Interfaces,
    };
}
