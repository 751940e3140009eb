using System.Text.Json;
using Portolan.Fleet.Messages;

namespace Portolan.Fleet.Jobs;

/// <summary>
/// What a job scans, and in which order: everything that decides which probe has which number. Coordinator and agents make the same
/// <see cref="JobPlan"/> of it, so that a position stands for an address and a port.
/// </summary>
public sealed record JobSpec
{
    /// <summary>The version of the order of probes. An agent of another version refuses the job.</summary>
    public const int CurrentEngine = 1;

    /// <summary>See <see cref="CurrentEngine"/>.</summary>
    public int Engine { get; init; } = CurrentEngine;

    /// <summary>Addresses, prefixes and ranges, as people write them.</summary>
    public required IReadOnlyList<string> Targets { get; init; }

    /// <summary>Targets that are left out.</summary>
    public IReadOnlyList<string> Excludes { get; init; } = [];

    /// <summary>TCP ports, as ranges; empty for none.</summary>
    public string Tcp { get; init; } = "";

    /// <summary>UDP ports, as ranges; empty for none.</summary>
    public string Udp { get; init; } = "";

    /// <summary>The key of the order.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Every target is taken to be up (<c>-Pn</c>): there is no discovery.</summary>
    public bool SkipsDiscovery { get; init; }

    /// <summary>Most repeated probes of a silent port; <c>null</c> for the engine's choice.</summary>
    public int? MaxRetries { get; init; }

    /// <summary>Why this program cannot work on the job, with the remedy; <c>null</c> where it can.</summary>
    internal string? Misfit() => Engine == CurrentEngine ? null : FormattableString.Invariant(
        $"it has order {Engine}, and this program knows order {CurrentEngine}: ")
        + (Engine > CurrentEngine ? "install the newer portolan here, too" : "cancel it, and start it again");

    /// <summary>The bytes that stand for the job: the same job has the same bytes.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, FleetJson.Default.JobSpec);

    /// <summary>Reads <see cref="ToBytes"/>.</summary>
    /// <exception cref="FormatException">They are something else.</exception>
    public static JobSpec Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, FleetJson.Default.JobSpec) ?? throw new FormatException("the job is empty");
        }
        catch (JsonException exception)
        {
            throw new FormatException("the job cannot be read", exception);
        }
    }
}
