using System.CommandLine;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan who</c>: who holds a port, or why a bind to it fails, and the nearest free one.</summary>
public sealed class WhoCommand : PortolanCommand
{
    private readonly Argument<string> _port = PortArgument.Make();

    /// <summary>Builds the options.</summary>
    public WhoCommand()
        : base("who", "who holds a port, or why a bind to it fails, and the nearest free one") => Arguments.Add(_port);

    /// <inheritdoc/>
    public override string Details =>
        """
        The holder is shown with everything that led to it: unit, container, command, directory, start and ancestors. A port is held
        by a socket that listens, that is bound and idle, or whose connection uses it as its local port.

        When nobody holds it, binds are tried for real, on 0.0.0.0 and [::], and taken back at once; such a socket never listens. A
        bind that fails is explained: TIME-WAIT, a privileged port, a wildcard against a single address, an IPv6 socket that takes
        IPv4 too. Other network namespaces are then looked into as far as privilege allows; what they hold is no conflict. Without
        /PROTO holders of every protocol are looked for, and binds are tried for TCP and UDP.

        Rules that lead packets for the port elsewhere are named with where they lead: those of portolan forward --kernel with their
        process, and those of container engines and others. Reading rules needs CAP_NET_ADMIN; without it that is said.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan who 8080", "who holds port 8080, TCP or UDP"),
        new("portolan who 53/udp", "one protocol only"),
        new("portolan who https --json", "by service name, for a program to read"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes => ExitCodeMeaning.Finder("somebody holds the port", "nobody holds it");

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["stop", "free", "list", "explain"];

    /// <inheritdoc/>
    public override string JsonSchema => HolderJson.Schema;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var port = PortArgument.Parse(parsed.GetValue(_port)!, () => context.Services, Name);
        var takenAt = context.Clock.GetUtcNow();
        var survey = Survey.Of(context);
        var (facts, use) = survey.ForPortAndAround(port.Port, port.Protocols, cancellationToken);

        // Only when nobody holds it is it worth looking into other namespaces. What cannot be read there is no gap in the answer.
        var isHeld = PortHolders.Find(facts, port.Port, port.Protocols).Count > 0;
        var elsewhere = isHeld ? null : survey.ListenersOn(port.Port, port.Protocols, cancellationToken);
        var report = PortReport.Make(
            port.Port, port.Protocols, port.Usual, facts, context.Settings, context.Binds, use, elsewhere);
        var led = ForwardSurvey.OfPort(context, port.Port, port.Protocols, survey.Containers.At, isAgain: false, cancellationToken);
        IReadOnlyList<MissingFact> missing = [
            .. Survey.Missing(facts, report.Holders.Count(h => h.Owner.Kind == OwnerKind.Hidden)),
            .. led.Missing is { } fact ? (MissingFact[])[fact] : []];
        if (context.Json)
        {
            JsonOutput.WriteDocument(
                context.Output,
                json => HolderJson.Write(
                    json, report, facts, led.Forwards, missing, takenAt, Survey.Host, context.Users.Name, context.Packages));
        }
        else
        {
            new HolderText(report, facts, new OwnerName(context.Users.Name), takenAt, context.OutputColor)
            {
                Width = context.OutputWidth,
                Packages = context.Packages,
                Forwards = led.Forwards ?? [],
                LeadsTo = (holder, protocol) => ForwardCommand.LeadsTo(holder.Main?.CommandLine, protocol, port.Port),
            }.Write(context.Writer);
            context.Flush();
            Survey.Report(context, missing);
        }

        return report.IsHeld ? ExitCode.Success : ExitCode.NothingFound;
    }
}
