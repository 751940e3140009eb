using System.CommandLine;
using System.Globalization;
using Portolan.Cli.Checking;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan check</c>: one connection, step by step.</summary>
public sealed class CheckCommand : PortolanCommand
{
    private readonly Argument<string[]> _targets = new("TARGET")
    {
        Description = "HOST:PORT, [IPV6]:PORT, tcp://HOST:PORT",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = static _ => [],
    };

    private readonly Option<string?> _file = new("--file", "-f") { Description = "also check the targets in FILE, one on each line; - is stdin", HelpName = "FILE" };

    private readonly Option<string?> _timeout = new("--timeout") { Description = "the longest each step may wait, 5 seconds unless said otherwise", HelpName = "SECONDS" };

    private readonly Option<bool> _ipv4 = new("--ipv4", "-4") { Description = "use IPv4 addresses only" };

    private readonly Option<bool> _ipv6 = new("--ipv6", "-6") { Description = "use IPv6 addresses only" };

    /// <summary>Builds the options.</summary>
    public CheckCommand()
        : base("check", "one connection, step by step: name, route, connect, and what the server says")
    {
        Arguments.Add(_targets);
        Add("What to check", _file);
        Add("How", _timeout, _ipv4, _ipv6);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan check example.com:22", "is the port open, and what greets us there?"),
        new("portolan check '[2001:db8::1]:443' --timeout 2", "an IPv6 address, two seconds for each step"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes => ExitCodeMeaning.Finder("every target was reached", "a target was not reached");

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["who", "list"];

    /// <inheritdoc/>
    public override string JsonSchema => CheckJson.Schema;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        new CheckRun(Read(parsed, context), context).Run(cancellationToken);

    private CheckRequest Read(ParseResult parsed, CommandContext context)
    {
        var (four, six) = (parsed.GetValue(_ipv4), parsed.GetValue(_ipv6));
        var options = new CheckOptions
        {
            Timeout = ReadSeconds(parsed.GetValue(_timeout)),
            UseIPv4 = four || !six,
            UseIPv6 = six || !four,
        };
        return new CheckRequest(TargetList.Read(parsed.GetValue(_targets)!, parsed.GetValue(_file), context), options);
    }

    private static TimeSpan ReadSeconds(string? text)
    {
        if (text is null)
        {
            return new CheckOptions().Timeout;
        }

        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0.01 and <= 3600
            ? TimeSpan.FromSeconds(seconds)
            : throw new PortolanException($"--timeout takes 0.01 to 3600 seconds, not '{text}'", "portolan check example.com:22 --timeout 2", ExitCode.Usage);
    }
}
