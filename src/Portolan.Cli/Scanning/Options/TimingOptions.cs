using System.CommandLine;
using Portolan.Scan.Engine;

namespace Portolan.Cli.Scanning.Options;

/// <summary>The options about pace and patience.</summary>
internal sealed class TimingOptions
{
    private readonly Option<string[]> _template = ScanOptionKinds.Value(
        "--timing", "0-5", "a template of the settings below: 0 paranoid, 1 sneaky, 2 polite, 3 normal, 4 aggressive, 5 insane", "-T");
    private readonly Option<string[]> _minRate = ScanOptionKinds.Value("--min-rate", "RATE", "send at least this many probes per second");
    private readonly Option<string[]> _maxRate =
        ScanOptionKinds.Value("--max-rate", "RATE", "send at most this many probes per second, e.g. 100, 0.5 or 100k", "--rate");
    private readonly Option<string[]> _prefixRate = ScanOptionKinds.Value(
        "--prefix-rate", "RATE",
        "send at most this many probes per second to one /24 or /64 behind a router (default 10,000, with -T4 20,000, with -T5 50,000; "
            + "more while answers keep up)");
    private readonly Option<string[]> _maxRetries =
        ScanOptionKinds.Value("--max-retries", "N", "retry a silent port at most this many times");
    private readonly Option<string[]> _hostTimeout =
        ScanOptionKinds.Value("--host-timeout", "TIME", "give up on a host after this time; 0 for never");
    private readonly Option<string[]> _scanDelay =
        ScanOptionKinds.Value("--scan-delay", "TIME", "wait at least this long between two probes of a host");
    private readonly Option<string[]> _maxScanDelay =
        ScanOptionKinds.Value("--max-scan-delay", "TIME", "the longest delay between probes, even if a host limits its answers");
    private readonly Option<string[]> _initialTimeout =
        ScanOptionKinds.Value("--initial-rtt-timeout", "TIME", "how long to wait for the first answers");
    private readonly Option<string[]> _minTimeout =
        ScanOptionKinds.Value("--min-rtt-timeout", "TIME", "wait at least this long for an answer");
    private readonly Option<string[]> _maxTimeout =
        ScanOptionKinds.Value("--max-rtt-timeout", "TIME", "wait at most this long for an answer");
    private readonly Option<string[]> _minParallelism =
        ScanOptionKinds.Value("--min-parallelism", "N", "keep at least this many probes in flight");
    private readonly Option<string[]> _maxParallelism =
        ScanOptionKinds.Value("--max-parallelism", "N", "keep at most this many probes in flight");
    private readonly Option<string[]> _minGroup = ScanOptionKinds.Value("--min-hostgroup", "N", "scan at least this many hosts at once");
    private readonly Option<string[]> _maxGroup = ScanOptionKinds.Value("--max-hostgroup", "N", "scan at most this many hosts at once");
    private readonly Option<string[]> _maxTime =
        ScanOptionKinds.Value("--max-time", "TIME", "end the whole run after this time and report the results so far");

    /// <summary>All, in the order of help.</summary>
    public Option[] Options =>
    [
        _template, _minRate, _maxRate, _prefixRate, _maxRetries, _hostTimeout, _maxTime, _scanDelay, _maxScanDelay,
        _initialTimeout, _minTimeout, _maxTimeout, _minParallelism, _maxParallelism, _minGroup, _maxGroup,
    ];

    /// <summary>Those that the agents of a fleet do not follow.</summary>
    public IEnumerable<Option> NotOfFleet => Options.Except([_maxRate, _prefixRate, _maxRetries]);

    /// <summary>How often a silent port is probed again.</summary>
    public Option<string[]> MaxRetries => _maxRetries;

    /// <summary>Reads them: the template, and what was given beside it, wherever it stood.</summary>
    public TimingSettings Read(ParseResult parsed)
    {
        var template = TimingSettings.Template(parsed.Last(_template) is { } word ? ScanValues.Template("-T", word) : 3);
        var settings = template with
        {
            MinRate = Rate(parsed, _minRate),
            MaxRate = Rate(parsed, _maxRate),
            RoutedPrefixRate = Rate(parsed, _prefixRate),
            MaxRetries = Number(parsed, _maxRetries, 0, 50) ?? template.MaxRetries,
            HostTimeout = Time(parsed, _hostTimeout, aboveZero: false) ?? template.HostTimeout,
            ScanDelay = Time(parsed, _scanDelay, aboveZero: false) ?? template.ScanDelay,
            MaxScanDelay = Time(parsed, _maxScanDelay, aboveZero: false) ?? template.MaxScanDelay,
            MinRoundTripTimeout = Time(parsed, _minTimeout) ?? template.MinRoundTripTimeout,
            InitialRoundTripTimeout = Time(parsed, _initialTimeout) ?? template.InitialRoundTripTimeout,
            MaxRoundTripTimeout = Time(parsed, _maxTimeout) ?? template.MaxRoundTripTimeout,
            MinParallelism = Number(parsed, _minParallelism, 1, 1_000_000) ?? template.MinParallelism,
            MaxParallelism = Number(parsed, _maxParallelism, 1, 1_000_000) ?? template.MaxParallelism,
            MinHostGroup = Number(parsed, _minGroup, 1, 1_000_000) ?? template.MinHostGroup,
            MaxHostGroup = Number(parsed, _maxGroup, 1, 1_000_000) ?? template.MaxHostGroup,
            MaxTime = Time(parsed, _maxTime) ?? template.MaxTime,
        };
        return Reconcile(settings, parsed);
    }

    /// <summary>What was not said follows what was; what was said twice over must agree.</summary>
    private TimingSettings Reconcile(TimingSettings settings, ParseResult parsed)
    {
        // A template's own bound gives way to what was asked for.
        settings = settings with
        {
            MaxParallelism = parsed.Last(_maxParallelism) is null && settings.MaxParallelism > 0
                ? Math.Max(settings.MaxParallelism, settings.MinParallelism)
                : settings.MaxParallelism,
        };
        Ordered(settings.MinRate ?? 0, settings.MaxRate ?? double.MaxValue, _minRate, _maxRate);
        Ordered(
            settings.MinParallelism, settings.MaxParallelism == 0 ? int.MaxValue : settings.MaxParallelism, _minParallelism,
            _maxParallelism);
        Ordered(settings.MinHostGroup, settings.MaxHostGroup == 0 ? int.MaxValue : settings.MaxHostGroup, _minGroup, _maxGroup);
        var (min, max, initial) = (settings.MinRoundTripTimeout, settings.MaxRoundTripTimeout, settings.InitialRoundTripTimeout);
        var (minSaid, maxSaid, initialSaid) = (parsed.Last(_minTimeout) is not null, parsed.Last(_maxTimeout) is not null,
            parsed.Last(_initialTimeout) is not null);
        if (minSaid && maxSaid)
        {
            Ordered(min, max, _minTimeout, _maxTimeout);
        }

        if (initialSaid && maxSaid)
        {
            Ordered(initial, max, _initialTimeout, _maxTimeout);
        }

        max = maxSaid ? max : Longest(max, minSaid ? min : default, initialSaid ? initial : default);
        min = minSaid ? min : Shortest(min, max);
        return settings with
        {
            MinRoundTripTimeout = min,
            MaxRoundTripTimeout = max,
            InitialRoundTripTimeout = Longest(Shortest(initial, max), min, default),
            MaxScanDelay = Longest(settings.MaxScanDelay, settings.ScanDelay, default),
        };
    }

    private static void Ordered<T>(T least, T most, Option leastOption, Option mostOption)
        where T : IComparable<T>
    {
        if (least.CompareTo(most) > 0)
        {
            throw ScanErrors.Usage($"{leastOption.Name} is more than {mostOption.Name}", $"the first must be the smaller one");
        }
    }

    private static TimeSpan Longest(TimeSpan a, TimeSpan b, TimeSpan c) => a >= b && a >= c ? a : b >= c ? b : c;

    private static TimeSpan Shortest(TimeSpan a, TimeSpan b) => a <= b ? a : b;

    private static double? Rate(ParseResult parsed, Option<string[]> option) =>
        parsed.Last(option) is { } text ? ScanValues.Rate(option.Name, text) : null;

    private static int? Number(ParseResult parsed, Option<string[]> option, int least, int most) =>
        parsed.Last(option) is { } text ? ScanValues.Number(option.Name, text, least, most) : null;

    private static TimeSpan? Time(ParseResult parsed, Option<string[]> option, bool aboveZero = true) =>
        parsed.Last(option) is not { } text
            ? null
            : DurationText.Read(option.Name, text, aboveZero ? TimeSpan.FromTicks(1) : TimeSpan.Zero, TimeSpan.FromDays(365));
}
