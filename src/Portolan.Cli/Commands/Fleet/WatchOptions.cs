using System.CommandLine;
using Portolan.Forwarding.Grammar;
using Portolan.Model;
using Portolan.Model.Invocation;

namespace Portolan.Cli.Commands.Fleet;

/// <summary>The options of what runs until it is stopped: <c>fleet serve</c> and <c>agent</c>.</summary>
internal sealed class WatchOptions
{
    /// <summary><c>--metrics</c>.</summary>
    public Option<string?> Metrics { get; } = new("--metrics")
    {
        Description = "serve metrics at GET /metrics on [ADDR:]PORT in Prometheus text format; without ADDR on loopback only",
        HelpName = "PORT",
    };

    /// <summary><c>--log</c>.</summary>
    public Option<string?> Log { get; } = new("--log")
    {
        Description = "text (the default) or json: how events are written to stderr, one a line",
        HelpName = "FORMAT",
    };

    /// <summary>The invocation with both.</summary>
    /// <exception cref="PortolanException">A value is wrong.</exception>
    public FleetInvocation In(FleetInvocation invocation, ParseResult parsed)
    {
        if (parsed.GetValue(Metrics) is { } place)
        {
            ListenText.Parse("--metrics", place);
        }

        return invocation with
        {
            Metrics = parsed.GetValue(Metrics),
            LogsJson = parsed.GetValue(Log) switch
            {
                null or "text" => false,
                "json" => true,
                var other => throw new PortolanException(
                    $"--log is text or json, not '{TerminalText.Escape(other)}'", $"write --log json", ExitCode.Usage),
            },
        };
    }
}
