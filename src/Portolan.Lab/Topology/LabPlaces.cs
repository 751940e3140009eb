using System.Globalization;
using System.Text.Json;

namespace Portolan.Lab.Topology;

/// <summary>The names of a lab's machines, and which of them a user means who wants to run a command there.</summary>
/// <param name="Lab">The lab's name.</param>
/// <param name="Hosts">The hosts, in the order of the topology; of a range one entry.</param>
/// <param name="Routers">The routers.</param>
internal sealed record LabPlaces(string Lab, IReadOnlyList<LabPlaceName> Hosts, IReadOnlyList<string> Routers)
{
    /// <summary>The place where <c>lab run</c> runs its command, which is a host of its own.</summary>
    internal const string Vantage = "vantage";

    /// <summary>More names than that are not listed.</summary>
    private const int MostListed = 24;

    /// <summary>Those of a topology.</summary>
    internal static LabPlaces Of(LabTopology topology)
    {
        ArgumentNullException.ThrowIfNull(topology);
        var hosts = topology.Hosts.Select(static host => new LabPlaceName(
            host.Name,
            host.IsRange
                ? (ulong)UInt128.Min(host.Addresses.Aggregate(UInt128.Zero, static (sum, range) => sum + range.Count), ulong.MaxValue)
                : null,
            host.Names));
        return new LabPlaces(topology.Name, [.. hosts], [.. topology.Routers.Select(static r => r.Name)]);
    }

    /// <summary>Finds a host by its name, with the lab's domain behind it or not, in capitals or not.</summary>
    /// <returns><c>null</c> for the vantage.</returns>
    /// <exception cref="PortolanException">No host has the name, or no host alone.</exception>
    internal PlaceChoice? Choose(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        var domain = $".{Lab}.lab";
        var name = word.EndsWith(domain, StringComparison.OrdinalIgnoreCase) ? word[..^domain.Length] : word;
        foreach (var host in Hosts)
        {
            if (Is(name, host.Name) || host.Names.Any(other => Is(name, other)))
            {
                return host.Count is null ? new PlaceChoice(host.Name, host.Name) : throw IsMany(host);
            }
        }

        if (Is(name, Vantage))
        {
            return null;
        }

        var dash = name.LastIndexOf('-');
        if (dash > 0 && ulong.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && Hosts.FirstOrDefault(h => h.Count is not null && Is(name[..dash], h.Name)) is { } range)
        {
            return number >= 1 && number <= range.Count
                ? new PlaceChoice(range.Name, string.Create(CultureInfo.InvariantCulture, $"{range.Name}-{number}"))
                : throw IsMany(range);
        }

        if (Routers.FirstOrDefault(r => Is(name, r)) is { } router)
        {
            throw new PortolanException($"{router} is a router of the lab {Lab}, and a command runs at a host", Others(), ExitCode.Usage);
        }

        throw new PortolanException(
            $"no host of the lab {Lab} is named '{TerminalText.Escape(word)}'",
            NearestWord.Find(name, Names) is { } near ? Advice.Of($"did you mean {near}?") : Others(),
            ExitCode.Usage);
    }

    /// <summary>Writes the members of an object that <see cref="Read"/> reads.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteString("lab"u8, Lab);
        json.WriteStartArray("hosts"u8);
        foreach (var host in Hosts)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, host.Name);
            if (host.Count is { } count)
            {
                json.WriteNumber("count"u8, count);
            }

            json.WriteStartArray("names"u8);
            host.Names.ToList().ForEach(json.WriteStringValue);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("routers"u8);
        Routers.ToList().ForEach(json.WriteStringValue);
        json.WriteEndArray();
    }

    /// <summary>Reads them.</summary>
    /// <exception cref="KeyNotFoundException">A member is missing.</exception>
    /// <exception cref="InvalidOperationException">A member is of another kind.</exception>
    internal static LabPlaces Read(JsonElement from) => new(
        from.GetProperty("lab"u8).GetString()!,
        [
            .. from.GetProperty("hosts"u8).EnumerateArray().Select(static host => new LabPlaceName(
                host.GetProperty("name"u8).GetString()!,
                host.TryGetProperty("count"u8, out var count) ? count.GetUInt64() : null,
                [.. host.GetProperty("names"u8).EnumerateArray().Select(static n => n.GetString()!)])),
        ],
        [.. from.GetProperty("routers"u8).EnumerateArray().Select(static r => r.GetString()!)]);

    private IEnumerable<string> Names => Hosts.SelectMany(static h => h.Count is null ? h.Names.Prepend(h.Name) : [$"{h.Name}-1"]);

    private static bool Is(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private PortolanException IsMany(LabPlaceName range) => new(
        $"{range.Name} of the lab {Lab} is a range of {range.Count!.Value.ToString(CultureInfo.InvariantCulture)} hosts",
        $"name one of them, {range.Name + "-1"} to {range.Name + "-" + range.Count.Value.ToString(CultureInfo.InvariantCulture)}",
        ExitCode.Usage);

    private Advice Others()
    {
        string[] names = [.. Hosts.Select(static h => h.Count is null ? h.Name : $"{h.Name}-1")];
        return names.Length == 0 ? Advice.Of($"this lab has no hosts; portolan lab run {Lab} runs a command at its vantage")
            : names.Length <= MostListed ? Advice.Of($"its hosts are {Advice.List(names)}")
            : $"portolan lab show {Lab} lists its hosts";
    }
}

/// <summary>A host, or a range of hosts, as people may name it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Count">How many hosts a range has; <c>null</c> for a single host.</param>
/// <param name="Names">Other names of a single host.</param>
internal sealed record LabPlaceName(string Name, ulong? Count, IReadOnlyList<string> Names);

/// <summary>A host of a lab at whose place a command runs.</summary>
/// <param name="Host">The host, or the range of hosts, as the topology names it.</param>
/// <param name="Name">Its name in the lab: of a range with the number of the host, such as <c>pc-3</c>.</param>
internal sealed record PlaceChoice(string Host, string Name);
