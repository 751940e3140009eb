namespace Portolan.Sockets.Owners;

/// <summary>What the command line of a conmon says of the container that it watches (conmon(8)). A process chooses its own words.</summary>
/// <param name="Id">The container's full id.</param>
/// <param name="Runtime"><c>podman</c> or <c>cri-o</c>.</param>
/// <param name="Name">The container's name, or <c>null</c>.</param>
public sealed record ConmonWords(string Id, string Runtime, string? Name)
{
    // Options that take a value; one of another program may stand behind --exit-command-arg.
    private static readonly string[] WithValue =
    [
        "-c", "--cid", "-n", "--name", "-u", "--cuuid", "-r", "--runtime", "-b", "--bundle", "-p", "--container-pidfile", "-P",
        "--conmon-pidfile", "-l", "--log-path",
        "--exit-dir", "--exit-command", "--exit-command-arg", "--exit-delay", "--runtime-arg", "--runtime-opt", "--log-level",
        "--log-size-max", "--log-tag", "--api-version",
        "--persist-dir", "--sdnotify-socket", "--seccomp-notify-socket", "--seccomp-notify-plugins", "--socket-dir-path", "--restore",
        "--restore-arg", "-T", "--timeout",
    ];

    /// <summary>Reads the arguments; <c>null</c> where they name no container.</summary>
    public static ConmonWords? Parse(IReadOnlyList<string>? commandLine)
    {
        if (commandLine is not { Count: > 2 })
        {
            return null;
        }

        var (id, name, runtime) = ((string?)null, (string?)null, "podman");
        for (var i = 1; i < commandLine.Count; i++)
        {
            var (option, value) = (commandLine[i], (string?)null);
            if (option.StartsWith("--", StringComparison.Ordinal) && option.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
            {
                (option, value) = (option[..at], option[(at + 1)..]);
            }
            else if (Array.IndexOf(WithValue, option) >= 0 && i + 1 < commandLine.Count)
            {
                value = commandLine[++i];
            }

            switch (option)
            {
                case "-c" or "--cid":
                    id = value;
                    break;
                case "-n" or "--name":
                    name = value;
                    break;
                case "--exit-dir" when value?.Contains("/crio", StringComparison.Ordinal) == true:
                    runtime = "cri-o";
                    break;
            }
        }

        return id is not null && ContainerCgroup.IsId(id)
            ? new ConmonWords(id, runtime, name is not null && IsName(name) ? name : null)
            : null;
    }

    /// <summary>
    /// Whether an engine would take the name for a container's: letters, digits, <c>_ . -</c>, not one of the last three first.
    /// </summary>
    private static bool IsName(string name) =>
        name.Length is > 0 and <= 255 && char.IsAsciiLetterOrDigit(name[0])
            && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
}
