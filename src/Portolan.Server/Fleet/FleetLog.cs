using System.Text;
using System.Text.Json;
using Portolan.Fleet.Events;
using Portolan.Linux.Terminals;
using Portolan.Model.Documents;
using Portolan.Model.Invocation;
using Portolan.Server.Hosting;

namespace Portolan.Server.Fleet;

/// <summary>
/// What a coordinator or an agent reports while it runs, on stderr: a line of words for each event, or with <c>--log json</c> an object
/// (<c>portolan.fleet-log/1</c>).
/// </summary>
internal sealed class FleetLog(ServerStreams streams, TimeProvider clock, bool isJson)
{
    private readonly Lock _gate = new();

    /// <summary>Runs a command of the fleet; with <c>--log json</c> its failure is an object, too.</summary>
    internal static async Task<ExitCode> RunAsync(FleetInvocation invocation, ServerStreams streams)
    {
        try
        {
            return await FleetRun.RunAsync(invocation, streams);
        }
#pragma warning disable CA1031 // As in ServerRunner: the failure becomes a report, here of another form.
        catch (Exception exception) when (invocation.LogsJson)
#pragma warning restore CA1031
        {
            var report = FailureReport.Of(exception, invocation.Debug);
            if (report.Message is not null)
            {
                new FleetLog(streams, TimeProvider.System, isJson: true).Write(
                    new FleetEvent(FleetEventCode.Failed) { Detail = report.Message }, report.Hint?.ToString());
            }

            return report.ExitCode;
        }
    }

    /// <summary>Writes an event. Any thread.</summary>
    /// <param name="one">The event.</param>
    internal void Write(FleetEvent one) => Write(one, hint: null);

    /// <summary>One line of JSON, without its end.</summary>
    internal static byte[] ToJson(FleetEvent one, DateTimeOffset now, string? hint)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JsonOutput.Encoder }))
        {
            json.WriteStartObject();
            json.WriteString("schema"u8, "portolan.fleet-log/1");
            json.WriteString("time"u8, now);
            json.WriteString("level"u8, one.Level switch
            {
                FleetEventLevel.Info => "info",
                FleetEventLevel.Warning => "warning",
                _ => "error",
            });
            json.WriteString("event"u8, one.Name);
            json.WriteString("message"u8, FleetEventText.Of(one));
            Text("hint"u8, hint);
            Text("agent"u8, one.Agent);
            Text("zone"u8, one.Zone);
            Number("job"u8, one.Job);
            Number("chunk"u8, one.Chunk);
            Text("queue"u8, one.Queue);
            Text("place"u8, one.Place);
            Text("detail"u8, one.Detail);
            json.WriteEndObject();

            void Text(ReadOnlySpan<byte> name, string? text)
            {
                if (text is not null)
                {
                    json.WriteString(name, TerminalText.Escape(text));
                }
            }

            void Number(ReadOnlySpan<byte> name, long? number)
            {
                if (number is { } some)
                {
                    json.WriteNumber(name, some);
                }
            }
        }

        return bytes.ToArray();
    }

    private void Write(FleetEvent one, string? hint)
    {
        lock (_gate)
        {
            streams.Error.WriteLine(
                isJson ? Encoding.UTF8.GetString(ToJson(one, clock.GetLocalNow(), hint)) : $"portolan: {FleetEventText.Of(one)}");
        }
    }
}
