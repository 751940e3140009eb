using System.CommandLine;
using Portolan.Model;

namespace Portolan.Cli.Changing.Via;

/// <summary>What is said where <c>--via</c> does not belong.</summary>
internal static class ViaRemedy
{
    /// <summary>For block and reject.</summary>
    public static Advice Blocking { get; } =
        $"a drop of Portolan's holds whatever a manager accepts, so only allow has --via; ufw delete allow PORT takes back what ufw allows";

    /// <summary>For what confirms and takes back Portolan's own changes.</summary>
    public static Advice Pending { get; } =
        $"what allow --via ran is the manager's and never pending: take it back with ufw delete allow PORT or firewall-cmd --remove-port";

    /// <summary>Refuses options that no manager's command has.</summary>
    /// <exception cref="PortolanException">One of them was given.</exception>
    public static void Refuse(ParseResult parsed, string manager, params ReadOnlySpan<Option<string?>> options)
    {
        foreach (var option in options)
        {
            if (parsed.GetValue(option) is not null)
            {
                throw new PortolanException(
                    $"--via {manager} takes ports and --from, and cannot do {option.Name}{Why(option.Name)}",
                    $"leave {option.Name} out, or --via for a rule of Portolan's", ExitCode.Usage);
            }
        }
    }

    private static string Why(string option) => option switch
    {
        "--for" => ": a manager's rule lasts until it is taken back",
        "--confirm-within" => ": a manager's rule is never pending",
        _ => "",
    };
}
