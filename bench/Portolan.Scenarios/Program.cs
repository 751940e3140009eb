using Portolan.Scenarios;
using Portolan.Scenarios.Identify;

// Side-by-side runs of the built program and its peers. `hold` is the load: a process that keeps sockets open until its stdin ends;
// `syn-speed` is a sender.
return args switch
{
    ["hold", .. var rest] => Holder.Run(rest),
    ["sockets", .. var rest] => SocketScenario.Run(rest),
    ["scan", .. var rest] => ScanScenario.Run(rest),
    ["scan-limits", .. var rest] => LimitScenario.Run(rest),
    ["accuracy", .. var rest] => AccuracyScenario.Run(rest),
    ["identify", .. var rest] => IdentifyScenario.Run(rest),
    ["scan-send", .. var rest] => SendScenario.Run(rest),
    ["judge", .. var rest] => JudgeScenario.Run(rest),
    ["chart", .. var rest] => ChartScenario.Run(rest),
    ["start", .. var rest] => StartScenario.Run(rest),
    ["interfaces", .. var rest] => InterfaceScenario.Run(rest),
    ["syn-speed", .. var rest] => SynSpeed.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        "usage: Portolan.Scenarios sockets|scan|scan-limits|accuracy|identify|scan-send|judge|chart|interfaces|start [--runs N] [--sockets "
            + "N] [--processes N] [--out DIR] [--only WORD]");
    return 2;
}
