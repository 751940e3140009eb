using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Sockets;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Charting;

/// <summary>What the commands about ports do alike: acquire through the context, and say what is missing.</summary>
internal static class Survey
{
    /// <summary>The acquisition of this run.</summary>
    public static MachineSurvey Of(CommandContext context) => new()
    {
        Sockets = context.Sockets,
        Owners = () => context.Owners,
        Processes = () => context.Processes,
        Settings = () => context.Settings,
        ContainerNames = () => context.Containers,
        ServiceName = (protocol, port) => context.Services.PrimaryNameText(port, protocol),
    };

    /// <summary>The name of this machine.</summary>
    public static string Host => Environment.MachineName;

    /// <summary>What is missing: what the source could not read, and hidden holders.</summary>
    public static IReadOnlyList<MissingFact> Missing(SocketSnapshot snapshot, int hiddenOwners) => hiddenOwners == 0
        ? snapshot.Missing
        : [.. snapshot.Missing, new MissingFact(
            hiddenOwners == 1 ? "the owner of 1 port" : $"the owners of {hiddenOwners} ports",
            IsRoot ? "its process does not let even root look" : "other users' processes are hidden: run as root to see them")];

    /// <summary>Whether this is root.</summary>
    public static bool IsRoot => Environment.IsPrivilegedProcess;

    /// <summary>Says it on stderr.</summary>
    public static void Report(CommandContext context, IReadOnlyList<MissingFact> missing)
    {
        foreach (var fact in missing)
        {
            context.Error.WriteLine($"portolan: {TerminalText.Escape(fact.What)}: {TerminalText.Escape(fact.Why)}");
        }
    }
}
