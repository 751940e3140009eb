using Portolan.Cli.Hosting;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Watch.Recording;

namespace Portolan.Cli.History;

/// <summary>The hosts of a command line.</summary>
internal static class HistoryHosts
{
    /// <summary>The hosts of a word.</summary>
    /// <exception cref="PortolanException">The store knows none. Exit code 1.</exception>
    public static List<KnownHost> Find(string word, HistoryReader reader, string store, CommandContext context) =>
        reader.FindHosts(word) is { Count: > 0 } found
            ? found
            : throw new PortolanException(
                $"the store {store} does not contain host '{word}': it was never scanned, or never up",
                $"scan it with portolan scan {StoreOption.InHint(store, context)} {word}; "
                + $"portolan history{StoreOption.OfQuestion(store, context)} lists the stored data",
                ExitCode.NothingFound);
}
