using System.CommandLine;
using Portolan.Model;

namespace Portolan.Cli.Changing.Via;

/// <summary>What is said where <c>--via</c> does not belong.</summary>
internal static class ViaRemedy
{
    /// <summary>For block and reject.</summary>
    public static Advice Blocking { get; } =
        $"only allow has --via: a drop of Portolan overrides any manager; ufw delete allow PORT revokes what ufw allows";

    /// <summary>For what confirms and takes back Portolan's own changes.</summary>
    public static Advice Pending { get; } =
        $"rules made by allow --via belong to the manager and are never pending: remove them with ufw delete allow PORT or "
            + $"firewall-cmd --remove-port";

    /// <summary>Refuses options that no manager's command has.</summary>
    /// <exception cref="PortolanException">One of them was given.</exception>
    public static void Refuse(ParseResult parsed, string manager, params ReadOnlySpan<Option<string?>> options)
    {
        foreach (var option in options)
        {
            if (parsed.GetValue(option) is not null)
            {
                throw new PortolanException(
                    $"--via {manager} takes ports and --from, not {option.Name}{Why(option.Name)}",
                    $"leave out {option.Name}, or leave out --via to add a rule of Portolan", ExitCode.Usage);
            }
        }
    }

    private static string Why(string option) => option switch
    {
        "--for" => ": a manager's rule lasts until it is removed",
        "--confirm-within" => ": a manager's rule is never pending",
        _ => "",
    };
}
