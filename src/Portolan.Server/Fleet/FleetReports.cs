using System.Globalization;
using System.Text;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Database;
using Portolan.Fleet.Documents;
using Portolan.Fleet.Results;
using Portolan.Model.Documents;
using Portolan.Model.Invocation;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;
using Portolan.Server.Hosting;

namespace Portolan.Server.Fleet;

/// <summary>What is printed of a fleet.</summary>
internal sealed class FleetReports(FleetDatabase database, ServerStreams streams)
{
    private const int MostJobs = 20;

    /// <summary><c>fleet agents</c>.</summary>
    internal async Task<ExitCode> AgentsAsync(bool json, CancellationToken cancellation)
    {
        await database.CheckSchemaAsync(cancellation);
        var agents = await new AgentTable(database).ReadAsync(cancellation);
        if (json)
        {
            JsonOutput.WriteDocument(
                streams.Bytes, new AgentsDocument(agents.Select(FleetAgentRecord.Of)), FleetDocuments.Default.AgentsDocument);
            return ExitCode.Success;
        }

        if (agents.Count == 0)
        {
            streams.Error.WriteLine("portolan: no agent has joined the fleet yet");
            streams.Error.WriteLine(Advice.Of($"start portolan agent on a machine").ToHint());
            return ExitCode.Success;
        }

        WriteTable(
            ["ZONE", "AGENT", "STATE", "MODE", "VERSION", "SCOPE"],
            agents.Select(static a => new[]
            {
                a.Zone, a.Name,
                StateOf(a), a.Mode, a.Program, TerminalText.Escape(a.Scope),
            }));
        return ExitCode.Success;
    }

    /// <summary><c>fleet jobs</c>.</summary>
    internal async Task<ExitCode> JobsAsync(FleetInvocation invocation, CancellationToken cancellation)
    {
        await database.CheckSchemaAsync(cancellation);
        var table = new JobTable(database);
        IReadOnlyList<JobStatus> jobs;
        if (invocation.Job is { } id)
        {
            if (await table.ReadAsync(id, cancellation) is not { } job)
            {
                return NoJob(id);
            }

            jobs = [job];
        }
        else
        {
            jobs = await table.NewestAsync(MostJobs, cancellation);
        }

        if (invocation.Json)
        {
            JsonOutput.WriteDocument(
                streams.Bytes, new JobsDocument(jobs.Select(FleetJobRecord.Of)), FleetDocuments.Default.JobsDocument);
            return ExitCode.Success;
        }

        if (jobs.Count == 0)
        {
            streams.Error.WriteLine("portolan: no job was started yet");
            return ExitCode.Success;
        }

        WriteTable(
            ["JOB", "STATE", "ZONE", "DONE", "HOSTS UP", "OPEN", "NOT PROBED", "OUT OF SCOPE", "LOSS", "TARGETS"],
            jobs.SelectMany(static j => j.Vantages.Select(v => new[]
            {
                Number(j.Id), j.State.Name(), v.Zone, Done(j, v), Number(v.HostsUp), Number(v.Open), Number(v.NotProbed),
                Number(v.OutOfScope), v.Loss is { } loss ? loss.ToString("0.0 %", CultureInfo.InvariantCulture) : "-",
                TerminalText.Escape(string.Join(' ', j.Spec.Targets)),
            })));
        return ExitCode.Success;
    }

    /// <summary><c>fleet results</c>: each zone as a scan of its own, and then what differs between them.</summary>
    internal async Task<ExitCode> ResultsAsync(FleetInvocation invocation, string version, CancellationToken cancellation)
    {
        await database.CheckSchemaAsync(cancellation);
        var id = invocation.Job!.Value;
        if (await new JobTable(database).ReadAsync(id, cancellation) is not { } job)
        {
            return NoJob(id);
        }

        var options = new ScanOutputOptions
        {
            Arguments = ["portolan", "fleet", "results", Number(id)],
            Version = version,
            AllStates = invocation.AllStates,
            JsonEncoder = JsonOutput.Encoder,
        };
        var vantages = VantagesOf(job, invocation.Zones);
        var results = new JobResults(database);
        var comparison = new VantageComparison();
        var now = TimeProvider.System.GetUtcNow();
        var isComplete = true;
        foreach (var vantage in vantages)
        {
            using var json = invocation.Json ? new JsonLinesWriter(streams.Bytes, options) : null;
            if (json is null && vantages.Count > 1)
            {
                var head = $"{(comparison.Names.Count > 0 ? "\n" : "")}From {TerminalText.Escape(vantage.Zone)}:\n\n";
                streams.Bytes.Write(Encoding.UTF8.GetBytes(head));
            }

            IScanObserver writer = json is null ? new NormalWriter(streams.Bytes, options) : json;
            var end = await results.ReplayAsync(job, vantage, [writer, comparison.From(vantage.Zone)], now, cancellation);
            if (!end.IsComplete)
            {
                isComplete = false;
                var from = vantages.Count > 1 ? $" from zone {TerminalText.Escape(vantage.Zone)}" : "";
                streams.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"portolan: job {id} is not complete{from}: {end.Incomplete}"));
            }
        }

        if (vantages.Count > 1)
        {
            WriteDisagreements(comparison, invocation.Json);
        }

        return isComplete ? ExitCode.Success : ExitCode.Failed;
    }

    private void WriteDisagreements(VantageComparison comparison, bool json)
    {
        if (json)
        {
            DisagreementJson.Write(streams.Bytes, comparison, JsonOutput.Encoder);
        }
        else
        {
            streams.Bytes.Write(Encoding.UTF8.GetBytes(DisagreementText.Of(comparison)));
        }
    }

    private static IReadOnlyList<VantageStatus> VantagesOf(JobStatus job, IReadOnlyList<string> zones)
    {
        if (zones.FirstOrDefault(zone => job.Vantages.All(v => v.Zone != zone)) is { } wrong)
        {
            throw new PortolanException(
                string.Create(CultureInfo.InvariantCulture, $"job {job.Id} was not scanned from zone {TerminalText.Escape(wrong)}"),
                $"name one of {Advice.List(job.Vantages.Select(static v => v.Zone))} with --zone", ExitCode.Usage);
        }

        return zones.Count == 0 ? job.Vantages : [.. job.Vantages.Where(v => zones.Contains(v.Zone))];
    }

    private ExitCode NoJob(long id)
    {
        streams.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"portolan: no job has the number {id}"));
        streams.Error.WriteLine(Advice.Of($"portolan fleet jobs lists them").ToHint());
        return ExitCode.NothingFound;
    }

    private static string Done(JobStatus job, VantageStatus vantage)
    {
        var (stage, done) = vantage.Progress(job);
        var prefix = stage == "discovery" && !vantage.IsDone ? "discovery " : "";
        return string.Create(CultureInfo.InvariantCulture, $"{prefix}{done * 100:0} %");
    }

    private static string StateOf(AgentStatus agent) => agent switch
    {
        { IsSilent: true } => $"silent for {DurationText.Format(TimeSpan.FromSeconds(Math.Floor(agent.Silence.TotalSeconds)))}",
        { IsDraining: true } => "draining",
        { Chunks: > 0 } => "at work",
        _ => "idle",
    };

    private void WriteTable(string[] heads, IEnumerable<string[]> rows) => WriteTable(streams.Output, [.. rows.Prepend(heads)]);

    /// <summary>Writes rows in columns; the first has the heads.</summary>
    internal static void WriteTable(TextWriter output, IReadOnlyList<string[]> rows)
    {
        var widths = rows[0].Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            output.WriteLine(string.Join("  ", row.Select((text, column) => text.PadRight(widths[column]))).TrimEnd());
        }
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
