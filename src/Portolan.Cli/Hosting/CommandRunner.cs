using Portolan.Cli.Completions;
using Portolan.Cli.Help;
using Portolan.Cli.Output;
using Portolan.Linux;
using Portolan.Linux.Terminals;
using Portolan.Model;

namespace Portolan.Cli.Hosting;

/// <summary>Parses the arguments, runs the command, and turns every failure into one line, a hint and an exit code.</summary>
public static class CommandRunner
{
    /// <summary>Runs and returns the exit code.</summary>
    public static int Run(string[] args, CommandContext context)
    {
        // Known before parsing, so that a failure of the parser itself can be looked at.
        var debug = Array.IndexOf(args, "--debug") >= 0;
        using var signals = new TerminationSignals();
        context.EndInOrder = signals.Catch;
        context.Arguments = ["portolan", .. args];
        try
        {
            var exitCode = Run(args, context, signals.Token);
            context.Flush();
            return (int)exitCode;
        }
        catch (PortolanException e)
        {
            return Report(context, e.Message, e.Hint, e.ExitCode, e, debug);
        }
        catch (OperationCanceledException) when (signals.Signalled is { } code)
        {
            return (int)code;
        }
        catch (BrokenPipeException)
        {
            // Whoever read our output has seen enough.
            return (int)ExitCode.Success;
        }
        catch (LinuxException e) when (e.IsPermission)
        {
            return Report(context, $"cannot {e.Message}", "run portolan doctor to see what this environment allows", ExitCode.NoPrivilege, e, debug);
        }
        catch (LinuxException e)
        {
            return Report(context, $"cannot {e.Message}", hint: null, ExitCode.Failed, e, debug);
        }
        catch (IOException e)
        {
            return Report(context, e.Message, hint: null, ExitCode.Failed, e, debug);
        }
#pragma warning disable CA1031 // The last resort: an unexpected failure is one line, and the trace is one flag away.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var hint = debug ? null : "this is a defect in Portolan; run again with --debug to see where";
            return Report(context, $"unexpected {e.GetType().Name}: {e.Message}", hint, ExitCode.Failed, e, debug);
        }
    }

    private static ExitCode Run(string[] args, CommandContext context, CancellationToken cancellationToken)
    {
        if (args is ["--version"])
        {
            args = ["version"];
        }

        if (SuggestHook.IsCall(args))
        {
            return SuggestHook.Run(args, context, cancellationToken);
        }

        var root = CommandTree.RootFor(args);
        var words = root.Command.Normalize(args);
        var parsed = root.Parse(words);
        // A value of an option that is in error cannot be asked for.
        var color = parsed.Errors.Count == 0 ? GlobalOptions.ParseColor(parsed.GetValue(root.Globals.Color)) : ColorMode.Auto;
        context.ColorMode = color ?? ColorMode.Auto;
        var help = parsed.GetValue(root.Globals.Help);
        if (!help || root.IsDefault)
        {
            WordCheck.Check(words, root);
        }

        if (help)
        {
            HelpText.Write(root.Command, context);
            return ExitCode.Success;
        }

        context.Json = parsed.GetValue(root.Globals.Json);
        context.Debug = parsed.GetValue(root.Globals.Debug);
        if (context.Json && root.Command.WhyNoJson is { } reason)
        {
            throw WordCheck.Usage($"--json is not supported here: {reason}", root);
        }

        if (parsed.Errors.Count > 0)
        {
            throw WordCheck.Usage(ParseErrorText.Describe(parsed), root);
        }

        if (color is null)
        {
            throw WordCheck.Usage("--color must be auto, always or never", root);
        }

        return root.Command.Run(parsed, context, cancellationToken);
    }

    private static int Report(CommandContext context, string message, string? hint, ExitCode exitCode, Exception exception, bool debug)
    {
        try
        {
            // Data that was already written stays ahead of the error.
            context.Flush();
        }
        catch (IOException)
        {
            // stdout is gone or full; the error that is being reported says so, or matters more.
        }

        try
        {
            context.Error.WriteLine($"portolan: {TerminalText.Escape(message)}");
            foreach (var line in exception is PortolanException { Details: var details } ? details : [])
            {
                context.Error.WriteLine(TerminalText.Escape(line));
            }

            if (hint is not null)
            {
                context.Error.WriteLine($"hint: {TerminalText.Escape(hint)}");
            }

            if (debug)
            {
                context.Error.WriteLine(exception.ToString());
            }
        }
        catch (IOException)
        {
            // Nobody reads stderr; the exit code remains.
        }

        return (int)exitCode;
    }
}
