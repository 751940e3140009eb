using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>Checks all targets at once and prints them in their order, each as soon as it and all before it are done.</summary>
internal sealed class CheckRun(CheckRequest request, CommandContext context)
{
    /// <summary>More checks than these are not under way at once. A file may name thousands.</summary>
    private const int MostAtOnce = 32;

    /// <summary>Runs, and says how the program ends.</summary>
    public ExitCode Run(CancellationToken cancellationToken)
    {
        context.EndInOrder();
        var takenAt = context.Clock.GetUtcNow();
        var reports = new List<CheckReport>();
        var text = context.Json ? null : new CheckText(context.Writer, context.OutputColor);
        foreach (var check in Start(cancellationToken))
        {
            var report = check.GetAwaiter().GetResult();
            if (text is not null)
            {
                if (reports.Count > 0)
                {
                    context.Writer.WriteLine();
                }

                text.Write(report);
                context.Flush();
            }

            reports.Add(report);
        }

        if (context.Json)
        {
            JsonOutput.WriteDocument(context.Output, json => CheckJson.WriteMembers(json, takenAt, Survey.Host, reports));
        }

        return ExitOf(reports);
    }

    private Task<CheckReport>[] Start(CancellationToken cancellationToken)
    {
        var tools = new CheckTools(
            new SystemSockets(new KernelSocketWitness(), name => context.ReadInterfaces().GetValueOrDefault(name)),
            new SystemNames(request.Options.Timeout, context.Clock),
            context.Network,
            context.Clock);
        var checker = new PortChecker(tools, request.Options);
        var turns = new SemaphoreSlim(MostAtOnce);
        return [.. request.Targets.Select(target => Task.Run(
            async () =>
            {
                await turns.WaitAsync(cancellationToken);
                try
                {
                    return await checker.CheckAsync(target, cancellationToken);
                }
                finally
                {
                    turns.Release();
                }
            },
            cancellationToken))];
    }

    private static ExitCode ExitOf(List<CheckReport> reports)
    {
        var code = ExitCode.Success;
        foreach (var report in reports)
        {
            if (report.Result == StepResult.LocalFailure)
            {
                return ExitCode.Failed;
            }

            code = report.IsReached ? code : ExitCode.NothingFound;
        }

        return code;
    }
}
