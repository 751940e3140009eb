using Portolan.Tests.Firewall.Judging;
using Portolan.Tests.Lab;
using Portolan.Tests.Lab.Scoring;
using Portolan.Tests.Support;
using Portolan.Tests.Transport.Stack;
using Portolan.Tests.Transport.Worlds;

[assembly: BeginWith(
    typeof(ScenarioTests), typeof(ScenarioFaultTests), typeof(StackTests), typeof(ChurnTests), typeof(StackEndingTests),
    typeof(KestrelTests), typeof(ManyInterfacesTests), typeof(LabScorerTests), typeof(PairConversationTests))]
