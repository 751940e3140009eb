using System.Text.Json;
using Portolan.Cli.Hosting;
using Portolan.Linux.Terminals;
using Portolan.Model.Documents;

namespace Portolan.Cli.Forwarding;

/// <summary>
/// Writes events to stdout, each line in one call. A disk that is full costs events and ends no connection; a reader that has gone ends the
/// command, as in any pipe.
/// </summary>
internal sealed class EventLines(CommandContext context)
{
    private bool _isTorn;

    /// <summary>Lines that could not be written.</summary>
    public long Lost { get; private set; }

    /// <summary>Writes the first line, which must reach its reader.</summary>
    /// <exception cref="IOException">It does not.</exception>
    public void WriteFirst(Action<Utf8JsonWriter> writeMembers)
    {
        using var line = new MemoryStream(512);
        JsonOutput.WriteLine(line, writeMembers);
        context.Output.Write(line.GetBuffer(), 0, (int)line.Length);
        context.Output.Flush();
    }

    /// <summary>Writes another line, or counts it as lost.</summary>
    /// <exception cref="BrokenPipeException">The reader has gone.</exception>
    public void Write(Action<Utf8JsonWriter> writeMembers)
    {
        try
        {
            if (_isTorn)
            {
                // A part of a line may have been written: what follows begins a new one.
                context.Output.Write("\n"u8);
                _isTorn = false;
            }

            WriteFirst(writeMembers);
        }
        catch (IOException exception) when (exception is not BrokenPipeException)
        {
            _isTorn = true;
            if (Lost++ == 0)
            {
                BestEffortStderr.Say(
                    context,
                    $"portolan: {TerminalText.Escape(exception.Message)}: events are lost, and counted as "
                        + $"eventsDropped; forwarding continues");
            }
        }
    }
}

/// <summary>What is said on stderr while data moves. A stderr that is closed, or on a full disk, must not end what works.</summary>
internal static class BestEffortStderr
{
    /// <summary>Says it to any reader.</summary>
    public static void Say(CommandContext context, string line)
    {
        try
        {
            context.Error.WriteLine(line);
        }
        catch (IOException)
        {
            // No reader hears it; the counters and --json still tell.
        }
    }
}
