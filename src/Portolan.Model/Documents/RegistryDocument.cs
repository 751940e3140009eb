using System.Text.Json.Serialization;
using Portolan.Model.Registry;

namespace Portolan.Model.Documents;

/// <summary>
/// What the registry of services answers, as <c>portolan.registry/1</c> (docs/schema/portolan.registry-1.json). Text of a user's registry
/// is hostile text.
/// </summary>
/// <param name="Registry">The registry that was asked.</param>
/// <param name="EphemeralRange">This host's ephemeral range; <c>null</c> where it was not read.</param>
/// <param name="Summary">The registry in figures; <c>null</c> where these were not asked for.</param>
/// <param name="Entries">The answer, made when it is written.</param>
public sealed record RegistryDocument(
    RegistrySourceRecord Registry, EphemeralRangeRecord? EphemeralRange, RegistrySummaryRecord? Summary,
    IEnumerable<ServiceEntryRecord> Entries)
{
    /// <summary>The name and version of the format.</summary>
    public const string Format = "portolan.registry/1";

    /// <summary><see cref="Format"/>.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema => Format;

    /// <summary>An answer.</summary>
    /// <param name="services">The registry that was asked.</param>
    /// <param name="path">Where the user's own is kept; <c>null</c> for nowhere. Not used for the built-in one.</param>
    /// <param name="entries">The answer.</param>
    /// <param name="use">This host's ephemeral range; <c>null</c> where it was not read.</param>
    /// <param name="summary">The registry in figures; <c>null</c> where these were not asked for.</param>
    public static RegistryDocument Of(
        ServiceRegistry services, string? path, IReadOnlyList<ServiceEntry> entries, EphemeralUse? use = null,
        RegistrySummary? summary = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(entries);
        return new RegistryDocument(
            new RegistrySourceRecord(TimeText.Date(services.AsOf), services.IsBuiltIn, services.IsBuiltIn ? null : path),
            EphemeralRangeRecord.Of(use), RegistrySummaryRecord.Of(summary), entries.Select(ServiceEntryRecord.Of));
    }
}

/// <summary>Which registry was asked.</summary>
/// <param name="AsOf">The date of its newest fact.</param>
/// <param name="BuiltIn">Whether it is part of the program.</param>
/// <param name="Path">Where the user's own is kept; <c>null</c> for the built-in one.</param>
public sealed record RegistrySourceRecord(string AsOf, bool BuiltIn, string? Path);

/// <summary>An ephemeral range and how much of it is in use.</summary>
/// <param name="Port">Its first port.</param>
/// <param name="EndPort">Its last port.</param>
/// <param name="Reserved">Ports that are never given out.</param>
/// <param name="Count">How many may be given out.</param>
/// <param name="TcpInUse">How many TCP sockets use; <c>null</c> where that is not known.</param>
/// <param name="UdpInUse">How many UDP sockets use; <c>null</c> where that is not known.</param>
public sealed record EphemeralRangeRecord(int Port, int EndPort, string Reserved, int Count, int? TcpInUse, int? UdpInUse)
{
    /// <summary>A range as documents have it; <c>null</c> where the kernel does not say it.</summary>
    public static EphemeralRangeRecord? Of(EphemeralUse? use) => use?.Range is { } range
        ? new EphemeralRangeRecord(
            range.Range.First.Value, range.Range.Last.Value, range.Reserved.ToString(), range.Count, use.TcpInUse, use.UdpInUse)
        : null;
}

/// <summary>A registry in figures.</summary>
/// <param name="Entries">How many entries: a port or range with a protocol.</param>
/// <param name="Names">How many names and aliases.</param>
/// <param name="Counts">How many ports are assigned and reserved.</param>
public sealed record RegistrySummaryRecord(int Entries, int Names, IEnumerable<CategoryCountRecord> Counts)
{
    /// <summary>A summary as documents have it.</summary>
    public static RegistrySummaryRecord? Of(RegistrySummary? summary) => summary is null ? null : new RegistrySummaryRecord(
        summary.Entries, summary.Names, summary.Counts.Select(static count => new CategoryCountRecord(
            PortCategories.Name(count.Category), count.Protocol.Name(), count.Assigned, count.Reserved)));
}

/// <summary>How many ports of a category are assigned and reserved for a protocol.</summary>
/// <param name="Category">System, User or Dynamic.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Assigned">How many are assigned.</param>
/// <param name="Reserved">How many are reserved.</param>
public sealed record CategoryCountRecord(string Category, string Protocol, int Assigned, int Reserved);

/// <summary>What the registry says of one port, or range of ports, with one protocol.</summary>
/// <param name="Port">The port, or the first of the range.</param>
/// <param name="EndPort">The last port of the range.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Name">The first name, or <c>null</c>.</param>
/// <param name="Aliases">The other names.</param>
/// <param name="Description">What it is, or <c>null</c>.</param>
/// <param name="Status">See <see cref="ServiceStatusNames"/>.</param>
/// <param name="Category">System, User or Dynamic.</param>
/// <param name="Reference">The documents that define the service, or <c>null</c>.</param>
public sealed record ServiceEntryRecord(
    int Port, int EndPort, string Protocol, string? Name, IReadOnlyList<string> Aliases, string? Description, string Status,
    string Category, string? Reference)
{
    /// <summary>An entry as documents have it.</summary>
    public static ServiceEntryRecord Of(ServiceEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return new ServiceEntryRecord(
            entry.Port.Value, entry.EndPort.Value, entry.Protocol.Name(), entry.Name, entry.Aliases, entry.Description,
            entry.Status.Name(), PortCategories.Name(entry.Category), entry.Reference);
    }
}
