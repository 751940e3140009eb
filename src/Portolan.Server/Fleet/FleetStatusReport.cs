using System.Globalization;
using Portolan.Fleet.Database;
using Portolan.Fleet.Documents;
using Portolan.Fleet.Settings;
using Portolan.Model.Documents;
using Portolan.Server.Hosting;

namespace Portolan.Server.Fleet;

/// <summary><c>fleet status</c>: how the whole stands, and what needs attention.</summary>
internal sealed class FleetStatusReport(FleetSettings settings, FleetDatabase database, ServerStreams streams)
{
    /// <summary>Writes it; says by the exit code whether something needs attention.</summary>
    internal async Task<ExitCode> WriteAsync(bool json, CancellationToken cancellation)
    {
        var (status, _) = await FleetStatus.ReadAsync(settings, database, cancellation);
        if (json)
        {
            JsonOutput.WriteDocument(streams.Bytes, status, FleetDocuments.Default.FleetStatus);
        }
        else
        {
            WriteText(status);
        }

        return status.NeedsAttention.Count == 0 ? ExitCode.Success : ExitCode.NothingFound;
    }

    private void WriteText(FleetStatus status)
    {
        var (output, chunks) = (streams.Output, status.Chunks);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{status.JobsRunning} jobs run: {chunks.Leased} chunks at work, {chunks.Queued + chunks.Waiting} wait, {chunks.Done} done"));
        if (status.Zones.Count > 0)
        {
            output.WriteLine();
            FleetReports.WriteTable(
                output,
                [
                    ["ZONE", "AGENTS", "CONNECTED", "AT WORK", "DRAINING"],
                    .. status.Zones.Select(static z => new[]
                    {
                        z.Zone, Number(z.Agents), Number(z.Connected), Number(z.AtWork), Number(z.Draining),
                    }),
                ]);
        }

        if (status.NeedsAttention.Count > 0)
        {
            output.WriteLine();
            output.WriteLine("Needs attention:");
            foreach (var need in status.NeedsAttention)
            {
                output.WriteLine($"  {TerminalText.Escape(need)}");
            }
        }
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
