using Portolan.Cli.Hosting;

namespace Portolan.Cli.Forwarding;

/// <summary>What is said on stderr while data moves. A stderr that is closed, or on a full disk, must not end what works.</summary>
internal static class Aside
{
    /// <summary>Says it, to whoever hears.</summary>
    public static void Say(CommandContext context, string line)
    {
        try
        {
            context.Error.WriteLine(line);
        }
        catch (IOException)
        {
            // Nobody hears; the counters and --json still tell.
        }
    }
}
