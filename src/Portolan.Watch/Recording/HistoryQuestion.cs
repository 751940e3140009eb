using Portolan.Sockets.Binding;
using Portolan.Watch.Changes;

namespace Portolan.Watch.Recording;

/// <summary>What is asked of the store.</summary>
public sealed record HistoryQuestion
{
    /// <summary>A port, with what is known of it; <c>null</c> for none.</summary>
    public NamedPort? Port { get; init; }

    /// <summary>A host, with what is known of it; <c>null</c> for none.</summary>
    public string? Host { get; init; }

    /// <summary>A machine's charts only; <c>null</c> for all hosts.</summary>
    public string? Machine { get; init; }

    /// <summary>Changes from then on.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Changes until then.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>These changes; <c>null</c> for all.</summary>
    public IReadOnlyList<ChangeKind>? Kinds { get; init; }

    /// <summary>The latest of them; <c>null</c> for all.</summary>
    public int? Most { get; init; }
}
