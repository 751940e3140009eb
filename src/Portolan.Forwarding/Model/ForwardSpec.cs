namespace Portolan.Forwarding.Model;

/// <summary>One forward: where it listens, where it forwards to, and how.</summary>
public sealed record ForwardSpec
{
    /// <summary>TCP or UDP; TCP also stands for streams of Unix sockets.</summary>
    public TransportProtocol Protocol { get; init; } = TransportProtocol.Tcp;

    /// <summary>Where it listens.</summary>
    public required ListenPoint Listen { get; init; }

    /// <summary>Where it forwards to; at least one. New connections go to one after the other.</summary>
    public required IReadOnlyList<TargetPoint> Targets { get; init; }

    /// <summary>How it treats connections.</summary>
    public ForwardOptions Options { get; init; } = new();

    /// <summary>Whether it is the same forward to the last option.</summary>
    public bool IsSameAs(ForwardSpec other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Protocol == other.Protocol && Listen == other.Listen && Targets.SequenceEqual(other.Targets)
            && Options.Allow.SequenceEqual(other.Options.Allow) && Options == other.Options with { Allow = Options.Allow };
    }

    /// <summary><c>*:8080/tcp</c>, <c>unix:/run/app.sock</c>.</summary>
    public string Name => Listen.Path is null ? $"{Listen}/{Protocol.Name()}" : Listen.ToString();
}
