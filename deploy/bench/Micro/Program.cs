using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Router.Micro;

// In this process: a project that is generated for each run would have to be restored without a lock file.
BenchmarkSwitcher
    .FromAssembly(typeof(HostLookUp).Assembly)
    .Run(
        args,
        DefaultConfig
            .Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .WithArtifactsPath(Path.Combine("artifacts", "micro"))
    );
