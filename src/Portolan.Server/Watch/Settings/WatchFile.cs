using System.Globalization;
using Portolan.Lab.Topology.Reading;
using Portolan.Server.Watch.Receivers;
using Portolan.Watch.Alerts;
using Portolan.Watch.Snapshots;
using Portolan.Watch.Watching;

namespace Portolan.Server.Watch.Settings;

/// <summary>The result of reading a file.</summary>
/// <param name="Settings">The settings; <c>null</c> where the file has an error.</param>
/// <param name="Faults">Its errors and warnings, by line.</param>
internal sealed record WatchReading(WatchSettings? Settings, IReadOnlyList<TopologyFault> Faults);

/// <summary>Reads the file of receivers, <c>portolan.watch/1</c>, in YAML. All faults of a file are found at once.</summary>
internal static class WatchFile
{
    /// <summary>The name and version of the format.</summary>
    internal const string Format = "portolan.watch/1";

    private static readonly string[] Keys = ["schema", "every", "zone", "receivers", "mutes", "maintenance"];

    /// <summary>What events a receiver, a mute or a window is about.</summary>
    internal static readonly string[] FilterKeys = ["events", "ports", "reach", "hosts"];

    private static readonly string[] Exposures = ["reachable", "limited", "blocked", "local"];

    // A heartbeat gets no events, so nothing chooses them.
    private const string Heartbeat = "heartbeat";

    private static readonly Dictionary<string, (string[] Keys, Func<MapReader, ReceiverContext, IAlertReceiver?> Read)> Kinds =
        new(StringComparer.Ordinal)
        {
            ["email"] = (MailReceiver.Keys, MailReceiver.Read),
            [Heartbeat] = (HeartbeatReceiver.Keys, HeartbeatReceiver.Read),
            ["journal"] = (JournalReceiver.Keys, JournalReceiver.Read),
            ["program"] = (ProgramReceiver.Keys, ProgramReceiver.Read),
            ["syslog"] = (SyslogReceiver.Keys, SyslogReceiver.Read),
            ["webhook"] = (WebhookReceiver.Keys, WebhookReceiver.Read),
        };

    /// <summary>Reads a file.</summary>
    /// <param name="path">As the person wrote it.</param>
    /// <param name="environment">Reads a variable.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="PortolanException">It cannot be read at all.</exception>
    internal static WatchReading Read(string path, Func<string, string?> environment, TimeProvider clock)
    {
        string text;
        try
        {
            using var stream = BoundedStream.Open(path, InputLimit.WatchFile);
            using var reader = new StreamReader(stream);
            text = reader.ReadToEnd();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"{path}: {NamedFile.WhyNot(exception, path)}", $"write it as docs/watch.md shows", ExitCode.Usage);
        }

        var faults = new FaultList();
        var folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        var settings = TreeBuilder.Build(text, faults) is { } root
            ? ReadTop(root, faults, folder, environment("CREDENTIALS_DIRECTORY"), clock) : NothingThere(faults);
        return new WatchReading(faults.HasErrors ? null : settings, faults.ByPlace);
    }

    /// <summary>Reads a file that must be right.</summary>
    /// <exception cref="PortolanException">It cannot be read, or has errors; all of them are its details.</exception>
    internal static WatchSettings ReadOrThrow(string path, Func<string, string?> environment, TimeProvider clock)
    {
        var reading = Read(path, environment, clock);
        if (reading.Settings is { } settings)
        {
            return settings;
        }

        var errors = reading.Faults.Where(static fault => !fault.IsWarning).ToList();
        var count = errors.Count == 1 ? "an error" : string.Create(CultureInfo.InvariantCulture, $"{errors.Count} errors");
        throw new PortolanException($"{path} has {count}", $"docs/watch.md describes the format", ExitCode.Usage)
        {
            Details = [.. errors.Select(fault => $"{TerminalText.Escape(path)}:{fault}")],
        };
    }

    private static WatchSettings? NothingThere(FaultList faults)
    {
        if (!faults.HasErrors)
        {
            faults.Error(new TreeScalar(1, 1, "", 0), "the file is empty", $"the first line is schema: {Advice.Prose(Format)}");
        }

        return null;
    }

    private static WatchSettings? ReadTop(TreeNode root, FaultList faults, string folder, string? credentials, TimeProvider clock)
    {
        if (MapReader.Open(root, "the file", faults, Keys) is not { } top)
        {
            return null;
        }

        if (top.Node("schema") is null)
        {
            faults.Error(root, "schema is missing", $"the first line is schema: {Advice.Prose(Format)}");
        }
        else if (top.Scalar("schema") is { } schema && schema.Text != Format)
        {
            faults.Error(
                schema, $"this version does not read {FaultList.Quote(schema.Text)}", $"write schema: {Advice.Prose(Format)}");
        }

        TimeSpan? every = top.Node("every") is null ? null : top.Duration("every", TimeSpan.FromSeconds(1), TimeSpan.Zero);
        var context = new ReceiverContext(
            faults, folder, credentials, ReadZone(top, faults, clock.LocalTimeZone), clock, new SecretMask());
        var isQuiet = QuietReader.Read(top, context);
        var routes = new List<AlertRoute>();
        foreach (var (name, node) in top.Named("receivers", "receivers: { admins: { kind: email, … } }"))
        {
            if (!IsName(name.Text))
            {
                faults.Error(
                    name, $"{FaultList.Quote(name.Text)} cannot name a receiver", $"take up to 60 letters, digits, - and _");
            }

            if (ReadRoute(name.Text, node, context, isQuiet) is { } route)
            {
                routes.Add(route);
            }
        }

        return new WatchSettings(every, routes, context.Secrets);
    }

    /// <summary>The zone that the key <c>zone</c> names.</summary>
    internal static TimeZoneInfo ReadZone(MapReader map, FaultList faults, TimeZoneInfo usual)
    {
        if (map.Scalar("zone") is not { } zone)
        {
            return usual;
        }

        if (TimeZoneInfo.TryFindSystemTimeZoneById(zone.Text, out var found))
        {
            return found;
        }

        faults.Error(
            zone, $"this machine knows no time zone {FaultList.Quote(zone.Text)}",
            $"write a name, e.g. Europe/Berlin; where that is missing too: apt-get install tzdata");
        return TimeZoneInfo.Utc;
    }

    private static AlertRoute? ReadRoute(string name, TreeNode node, ReceiverContext context, Func<WatchEvent, bool> isQuiet)
    {
        var faults = context.Faults;
        if (node is not TreeMap || FindKind(node) is not { } kind)
        {
            // Of a mapping without a kind the other keys cannot be judged.
            if (node is TreeMap)
            {
                faults.Error(node, $"receiver {FaultList.Shown(name)} has no kind", $"write kind: one of {Advice.List(Kinds.Keys)}");
            }
            else
            {
                faults.Error(
                    node, $"a receiver is a mapping, not {node.Kind}", $"write {name}: {Advice.Prose("{ kind: webhook, url: … }")}");
            }

            return null;
        }

        if (!Kinds.TryGetValue(kind.Text, out var found))
        {
            faults.Unknown(kind, "there is no receiver of kind", kind.Text, Kinds.Keys);
            return null;
        }

        string[] keys = kind.Text == Heartbeat ? ["kind", .. found.Keys] : ["kind", "schedule", .. FilterKeys, .. found.Keys];
        if (MapReader.Open(node, $"a receiver of kind {kind.Text}", faults, keys) is not { } map)
        {
            return null;
        }

        var filter = ReadFilter(map, faults);
        var schedule = QuietReader.ReadSchedule(map, faults);
        return found.Read(map, context) is { } receiver
            ? new AlertRoute(name, receiver, filter)
            {
                IsQuiet = isQuiet,
                Due = schedule is null ? null
                    : now => schedule.GetNextOccurrence(now, context.Zone, inclusive: true) ?? DateTimeOffset.MaxValue,
            }
            : null;
    }

    private static TreeScalar? FindKind(TreeNode node) =>
        ((TreeMap)node).Entries.Where(static e => e.Key.Text == "kind").Select(static e => e.Value).FirstOrDefault() as TreeScalar;

    /// <summary>Reads <see cref="FilterKeys"/>.</summary>
    internal static AlertFilter ReadFilter(MapReader map, FaultList faults) => new()
    {
        Kinds = Words(map, "events", [.. WatchEventKinds.All.Select(static kind => kind.Name())], faults) is { } kinds
            ? WatchEventKinds.All.Where(kind => kinds.Contains(kind.Name())).ToHashSet() : null,
        Ports = ReadPorts(map, faults),
        Reach = Words(map, "reach", Exposures, faults),
        Hosts = Words(map, "hosts", known: null, faults),
    };

    private static PortRanges? ReadPorts(MapReader map, FaultList faults)
    {
        if (map.Node("ports") is not { } node)
        {
            return null;
        }

        var all = new PortSet();
        foreach (var item in MapReader.OneOrMore(node, "ports", faults))
        {
            if (PortSet.TryParse(item.Text, out var ports, out var error))
            {
                foreach (var port in ports)
                {
                    all.Add(port);
                }
            }
            else
            {
                faults.Error(item.At(error.Position), $"ports: {error.Reason}", $"write ports: 22,80-90");
            }
        }

        return PortRanges.Of(all);
    }

    private static HashSet<string>? Words(MapReader map, string key, string[]? known, FaultList faults)
    {
        if (map.Node(key) is not { } node)
        {
            return null;
        }

        var words = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in MapReader.OneOrMore(node, key, faults))
        {
            words.Add(item.Text);
            if (known?.Contains(item.Text) == false)
            {
                faults.Unknown(item, $"{key} has no", item.Text, known);
            }
        }

        return words;
    }

    private static bool IsName(string text) =>
        text.Length is > 0 and <= 60 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
