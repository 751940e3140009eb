using System.Diagnostics;
using System.Text;
using Portolan.Cli.Hosting;
using Portolan.Cli.Scanning.Live;
using Portolan.Cli.Scanning.Options;
using Portolan.Cli.Scanning.Output;
using Portolan.Cli.Storing;
using Portolan.Linux.Processes;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;

namespace Portolan.Cli.Scanning;

/// <summary>
/// <c>scan --fleet</c>: <c>portolan-server</c> starts the job and writes what agents find to a pipe, as it is stored; here it becomes
/// what a scan of this machine prints.
/// </summary>
/// <param name="request">What the command line asks for.</param>
/// <param name="context">The streams and the clock.</param>
internal sealed class FleetScan(ScanRequest request, CommandContext context)
{
    /// <summary>What a command line may hold (Linux, <c>ARG_MAX</c> of 2 MiB), with room for the environment.</summary>
    private const int MostTargetCharacters = 1_000_000;

    private readonly FleetRequest _fleet = request.Fleet!;
    private readonly VantageComparison _comparison = new();

    /// <summary>Runs and returns the exit code.</summary>
    public ExitCode Run(CancellationToken cancellationToken)
    {
        if (request.Targets is { Words.Count: 0, InputFiles.Count: 0 })
        {
            throw ScanErrors.Usage("no target was given", $"name one, e.g. portolan scan --fleet 192.0.2.0/24");
        }

        DemandOneRunFormats();
        var planner = new ScanPlanner(request, context);
        var (plan, ports, targets, excludes) = planner.PlanForFleet();
        foreach (var warning in planner.Warnings)
        {
            context.Error.WriteLine($"portolan: warning: {TerminalText.Escape(warning)}");
        }

        if (targets.Sum(static word => word.Length + 1L) + excludes.Sum(static word => word.Length + 1L) > MostTargetCharacters)
        {
            throw ScanErrors.Usage(
                "the targets are too many words for a job of a fleet",
                $"write networks in place of single addresses, or start several jobs");
        }

        ScanConfirmation.Ask(
            plan.HostCount * (ulong)Math.Max(1, _fleet.Vantages.Count), plan.ProbeCount * (ulong)Math.Max(1, _fleet.Vantages.Count),
            request.Run.Yes, planner.ReadsInput, context);
        context.EndInOrder();

        // Before the job begins: what cannot be written is said while nothing is under way.
        using var files = OutputFiles.Open(request.Output, context, FormatOptions());
        using var store = request.IsStored
            ? ScanStore.Open(StoreOption.PathOf(request.Store, context), FormatOptions().Arguments, context) : null;
        using var server = context.StartServer(_fleet.Start() with
        {
            Targets = targets,
            Excludes = excludes,
            Tcp = ports.Tcp.IsEmpty ? null : ports.Tcp.ToString(),
            Udp = ports.Udp.IsEmpty ? null : ports.Udp.ToString(),
            SkipsDiscovery = request.Discovery.Skip,
            Rate = request.Timing.MaxRate,
            PrefixRate = request.Timing.RoutedPrefixRate,
            MaxRetries = _fleet.NamesRetries ? request.Timing.MaxRetries : null,
            Seed = request.Run.Seed,
            Debug = context.Debug,
        });

        // Ctrl-C reaches both; a signal to this process alone is handed on, so that the server says where the job is.
        using var ending = cancellationToken.Register(() => EndServer(server));
        return Show(server, files, store, cancellationToken);
    }

    private ExitCode Show(Process server, OutputFiles files, ScanStore? store, CancellationToken cancellationToken)
    {
        using var lines = new StreamReader(server.StandardOutput.BaseStream, Encoding.UTF8);
        var status = StatusLine.For(context);
        var reader = new ScanLinesReader(lines, start => ObserversOf(start, files, store, status));
        var isWhole = false;
        try
        {
            isWhole = reader.Read();
        }
        catch (FormatException exception)
        {
            EndServer(server);
            throw new PortolanException($"what portolan-server wrote cannot be read: {exception.Message}", inner: exception);
        }
        finally
        {
            reader.Break(
                cancellationToken.IsCancellationRequested ? "interrupted; the job continues" : "portolan-server ended too early",
                context.Clock.GetUtcNow());
            status.Hide();
        }

        server.WaitForExit();
        cancellationToken.ThrowIfCancellationRequested();
        if (!isWhole)
        {
            // It has said why.
            return server.ExitCode is > 0 and < 128 and var code ? (ExitCode)code : ExitCode.Failed;
        }

        store?.Report();
        WriteDisagreements();
        return reader.Ends.All(static end => end.IsComplete) && store?.IsWhole != false ? ExitCode.Success : ExitCode.Failed;
    }

    private List<IScanObserver> ObserversOf(ScanStart start, OutputFiles files, ScanStore? store, StatusLine status)
    {
        var vantage = start.Vantage ?? "";
        var news = new NewsStyle
        {
            WithHead = !request.Output.StdoutIsTaken || request.Output.Verbosity > 0,
            SaysIncomplete = request.Output.StdoutIsTaken,
            Verbosity = request.Output.Verbosity,
            StatsEvery = request.Output.StatsEvery,
        };
        List<IScanObserver> observers = [new RunNews(context.Error, status, news, context.Clock, keys: null), _comparison.From(vantage)];
        if (!request.Output.StdoutIsTaken)
        {
            if (HasSeveral)
            {
                context.Writer.Write($"{(_comparison.Names.Count > 1 ? "\n" : "")}From {vantage}:\n\n");
            }

            observers.Add(new LiveOutput(context.Writer, FormatOptions(), new LiveStyle
            {
                Status = status,
                IsTerminal = context.OutputIsTerminal,
                Color = context.OutputColor,
                Width = context.OutputWidth,
            }));
        }

        observers.AddRange(files.Writers);
        if (store is not null)
        {
            observers.Add(store.Observer);
        }

        return observers;
    }

    private bool HasSeveral => _fleet.Vantages.Count > 1 || _fleet.Vantages is ["all"];

    private void DemandOneRunFormats()
    {
        if (!HasSeveral)
        {
            return;
        }

        if (request.Output.Files.FirstOrDefault(static file => file.Format == OutputFormat.Xml) is { } xml)
        {
            throw ScanErrors.Usage(
                $"{xml.Option} writes one scan, and --vantage names several zones", $"use --json or -oJ, or a --vantage at a time");
        }

        if (request.IsStored)
        {
            throw ScanErrors.Usage("--store saves one scan, and --vantage names several zones", $"store a --vantage at a time");
        }
    }

    private void WriteDisagreements()
    {
        if (!HasSeveral)
        {
            return;
        }

        if (request.Output.Files.FirstOrDefault(static file => file is { IsStdout: true, Format: OutputFormat.JsonLines }) is not null)
        {
            DisagreementJson.Write(context.Output, _comparison, JsonOutput.Encoder);
        }
        else if (!request.Output.StdoutIsTaken)
        {
            context.Writer.Write(DisagreementText.Of(_comparison));
        }
    }

    private static void EndServer(Process server)
    {
        const int SIGTERM = 15;
        using var handle = server.HasExited ? null : ProcessHandle.Open(server.Id);
        _ = handle?.Signal(SIGTERM);
    }

    private ScanOutputOptions FormatOptions() => new()
    {
        Arguments = context.Arguments,
        Version = ProgramVersion.Read().Version,
        Verbosity = request.Output.Verbosity,
        OpenOnly = request.Output.OpenOnly,
        AllStates = request.Output.AllStates,
        ShowReasons = request.Output.Reason,
        Stylesheet = request.Output.Stylesheet,
        Services = context.Machine.Services,
        VendorOf = Machine.HardwareVendors.System.NameOf,
        JsonEncoder = JsonOutput.Encoder,
    };
}
